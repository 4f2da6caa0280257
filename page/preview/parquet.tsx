/** The first rows of a Parquet file; of a large one, only the parts that hold them are read. */
import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
import { Problem, Skeleton } from "../parts.tsx";
import { count } from "../format.ts";
import { useLoad } from "../use_load.ts";
import { readBytes } from "./bytes.ts";
import { Grid } from "./grid.tsx";

/** Rows that are shown. */
const ROWS = 100;

/** Bytes that are read at most: a row group can be as large as the file. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The preview. */
export function ParquetPreview({ id, size }: { id: string; size: number }) {
  const { data, error, reload } = useLoad(`parquet ${id}`, async (signal) => {
    let read = 0;
    const file = {
      byteLength: size,
      slice: (start: number, end = size) => {
        read += end - start;
        if (read > MOST_BYTES) {
          throw new Error("The first rows of this file take too much to be shown; download it");
        }
        return readBytes(id, start, end, signal);
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const rows = await parquetReadObjects({ file, metadata, rowStart: 0, rowEnd: ROWS })
      .catch((problem: unknown) => {
        throw /compression|codec/i.test(String(problem))
          ? new Error("This compression of Parquet is not shown here; download the file")
          : problem;
      });
    const heads = parquetSchema(metadata).children.map(({ element }) => element.name);
    return {
      heads,
      rows: rows.map((row) => heads.map((head) => (row as Record<string, unknown>)[head])),
      total: Number(metadata.num_rows),
    };
  });
  if (error !== undefined) return <Problem words={error} retry={reload} />;
  if (!data) return <Skeleton rows={6} />;
  const { heads, rows, total } = data;
  return (
    <Grid
      label="Rows"
      heads={heads}
      rows={rows}
      note={`${rows.length < total ? `The first ${rows.length} of ` : ""}${count(total, "row")}`}
    />
  );
}

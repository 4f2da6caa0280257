/** Tables of the MLflow protocol in the types of SQLite. */
import { mlflowTables } from "../../rows/mlflow_tables.ts";

/** Tables of the protocol. */
export const MLFLOW_TABLES: ReturnType<typeof mlflowTables> = mlflowTables({
  integer: "INTEGER",
  real: "REAL",
  newId: "INTEGER PRIMARY KEY AUTOINCREMENT",
});

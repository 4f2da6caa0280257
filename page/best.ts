/** Direction in which a metric is best, derived from its name. */

/** Whether small or large values are better; `none` if unknown. */
export type Best = "min" | "max" | "none";

/** Labels of the directions. */
export const BEST_LABELS: Readonly<Record<Best, string>> = {
  min: "lowest",
  max: "highest",
  none: "no best",
};

const LOW =
  /loss|err(or)?\b|error|\b(r?mse|mae|mape|nll|ppl|wer|cer|bpc|bpb|fid)|perplexity|latency/i;
const HIGH =
  /acc(uracy)?\b|accuracy|\b(f1|auc|auroc|ap|map|ndcg|bleu|rouge|r2|iou|dice|mcc|psnr|ssim)|precision|recall|score|reward|return/i;

/** Finds the direction of a metric by its name. */
export function bestOf(metric: string): Best {
  if (metric.startsWith("system/")) return "none";
  // Words of a name, split as a reader splits them: val_acc, valAcc, val/acc.
  const words = metric.replaceAll(/[_/.-]+/g, " ").replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  if (LOW.test(words)) return "min";
  return HIGH.test(words) ? "max" : "none";
}

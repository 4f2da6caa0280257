/** The penguins of Palmer Station, and a softmax regression that tells their species. */
import penguins from "npm:vega-datasets@^2.11.0/data/penguins.json" with { type: "json" };

/** What is measured of a penguin. */
export const FEATURES = [
  "Beak Length (mm)",
  "Beak Depth (mm)",
  "Flipper Length (mm)",
  "Body Mass (g)",
] as const;

/** The species, in the order of the model's outputs. */
export const SPECIES = ["Adelie", "Chinstrap", "Gentoo"] as const;

/** One penguin: its measurements, standardized, and the index of its species. */
export interface Example {
  readonly features: readonly number[];
  readonly label: number;
}

/** The penguins that were measured in full, in a fixed shuffled order. */
export function completePenguins(): typeof penguins {
  const complete = penguins.filter((penguin) => FEATURES.every((key) => penguin[key] !== null));
  let state = 42;
  const random = () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  return complete.map((penguin) => ({ penguin, at: random() }))
    .sort((a, b) => a.at - b.at).map(({ penguin }) => penguin);
}

/** Penguins as examples, each measurement with mean 0 and standard deviation 1. */
export function toExamples(rows: typeof penguins): Example[] {
  const scales = FEATURES.map((key) => {
    const values = rows.map((row) => row[key]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance) };
  });
  return rows.map((row) => ({
    features: FEATURES.map((key, at) => (row[key]! - scales[at]!.mean) / scales[at]!.deviation),
    label: SPECIES.findIndex((species) => species === row.Species),
  }));
}

/** A softmax regression: for each species, one weight a feature and a bias. */
export class SoftmaxRegression {
  /** Weights, species by species; the last of each is the bias. */
  readonly weights: Float32Array<ArrayBuffer>;
  readonly #width = FEATURES.length + 1;

  /** Starts from zero, or from weights trained before. */
  constructor(weights?: Float32Array<ArrayBuffer>) {
    this.weights = weights ?? new Float32Array(SPECIES.length * this.#width);
  }

  /** The probability of each species. */
  predict({ features }: Example): number[] {
    const scores = SPECIES.map((_, species) =>
      [...features, 1].reduce(
        (sum, value, at) => sum + value * this.weights[species * this.#width + at]!,
        0,
      )
    );
    const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  }

  /** One pass over the examples by stochastic gradient descent; gives the mean loss. */
  train(examples: readonly Example[], learningRate: number): number {
    let loss = 0;
    for (const example of examples) {
      const probabilities = this.predict(example);
      loss -= Math.log(probabilities[example.label]!);
      for (const [species, probability] of probabilities.entries()) {
        const error = probability - Number(species === example.label);
        for (const [at, value] of [...example.features, 1].entries()) {
          this.weights[species * this.#width + at]! -= learningRate * error * value;
        }
      }
    }
    return loss / examples.length;
  }

  /** The share of examples whose species it tells. */
  accuracy(examples: readonly Example[]): number {
    const right = examples.filter((example) => {
      const probabilities = this.predict(example);
      return probabilities.indexOf(Math.max(...probabilities)) === example.label;
    });
    return right.length / examples.length;
  }
}

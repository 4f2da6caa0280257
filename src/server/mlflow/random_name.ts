/** Random names of runs. */

const ADJECTIVES = [
  ..."able amber brave brisk calm clear clever crisp eager fair fine firm fresh gentle".split(" "),
  ..."glad golden grand keen kind light lively lucky mellow merry mild neat nimble noble".split(
    " ",
  ),
  ..."polite proud quick quiet rapid rare ready rich sharp shiny silent smart smooth steady".split(
    " ",
  ),
  ..."still sunny swift tidy true vivid warm wise witty".split(" "),
];

const NOUNS = [
  ..."ant badger bear bee bison cat crane crow deer dove duck eagle elk falcon finch fox".split(
    " ",
  ),
  ..."frog goat goose hare hawk heron horse jay koala lark lion lynx mole moose mouse newt".split(
    " ",
  ),
  ..."otter owl panda perch pike quail raven robin seal shark sheep shrew snail stork swan".split(
    " ",
  ),
  ..."tiger toad trout vole whale wolf wren yak zebra".split(" "),
];

/** Returns a name such as `swift-otter-42`. */
export function randomName(): string {
  const one = (words: readonly string[]) => words[Math.floor(Math.random() * words.length)]!;
  return `${one(ADJECTIVES)}-${one(NOUNS)}-${Math.floor(Math.random() * 1000)}`;
}

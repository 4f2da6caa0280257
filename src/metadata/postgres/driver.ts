/** The driver in a module of its own, so that only users of a server download it. */
export { default } from "npm:postgres@~3.4.9";

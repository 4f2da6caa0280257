/** The driver, in a module of its own: who uses no server does not download it. */
export { default } from "npm:postgres@~3.4.9";

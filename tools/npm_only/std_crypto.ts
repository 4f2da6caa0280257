/** Stands in for `@std/crypto` where JSR is out of reach: what the code uses of it. */

/**
 * AWS's chain of credential providers: profiles, SSO, web identity, roles of containers and
 * instances.
 */
export { defaultProvider } from "npm:@aws-sdk/credential-provider-node@~3.972.98";

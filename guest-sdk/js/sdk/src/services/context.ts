/** Where the running job stands: its attempt, its time, its place in the process. */
import { host } from "../host";

/** The number of this attempt, from 1. */
export const attempt = (): number => host().attempt();
/** How many attempts are left if this one fails; 0 means that a failure raises an incident. */
export const retriesLeft = (): number => host().retriesLeft();
/** When this attempt is over at the latest. The host may stop it earlier, for computing too long. */
export const deadline = (): Date => new Date(host().deadlineMs());
/** The key of the process instance, a decimal number. */
export const processInstanceKey = (): string => host().processInstanceKey();
/** The key of the deployed process version, a decimal number. */
export const processDefinitionKey = (): string => host().processDefinitionKey();
/** The id of the process in its model. */
export const processDefinitionId = (): string => host().processDefinitionId();
/** The version of the process, from 1. */
export const processDefinitionVersion = (): number => host().processDefinitionVersion();
/** The id of the task in its model. */
export const elementId = (): string => host().elementId();
/** The key of this run through the task, a decimal number. */
export const elementInstanceKey = (): string => host().elementInstanceKey();
/** The tenant that owns the process instance; `<default>` without multi-tenancy. */
export const tenantId = (): string => host().tenantId();

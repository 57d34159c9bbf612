import { checkpoint, Failure, log, worker } from "@fermata/sdk";
import { type Customer, CustomerService } from "./service";

/** The least score of a customer that is approved. */
const SCORE_APPROVED = 600;

export const handle = worker<{ customer?: unknown }>(async (job) => {
  const id = textOf(job.variables.customer);
  const service = new CustomerService();

  // An attempt that comes after a failed check goes on where the one before has stopped.
  let customer = checkpoint.get<Customer>();
  if (customer === undefined) {
    customer = await service.find(id);
    checkpoint.put(customer);
  }
  const checkId = await service.check(id, customer.score, job.idempotencyKey);

  log.info("customer checked", { customer: id, score: customer.score });
  return { customerName: customer.name, checkId, approved: customer.score >= SCORE_APPROVED };
});

function textOf(customer: unknown): string {
  if (customer === undefined || customer === null) throw new Failure("variable `customer` is missing", { retries: 0 });
  if (typeof customer !== "string") throw new Failure("variable `customer` is not a text", { retries: 0 });
  return customer;
}

import { BpmnError, config, Failure, secrets } from "@fermata/sdk";

/** What the worker needs to know of a customer. */
export interface Customer {
  name: string;
  score: number;
}

/** The calls of the customer service, and what their answers mean. */
export class CustomerService {
  private readonly baseUrl: string;
  private readonly authorization: string;

  constructor() {
    const baseUrl = config.get("base-url");
    if (baseUrl === undefined) throw new Failure("setting `base-url` is missing", { retries: 0 });
    this.baseUrl = baseUrl.replace(/\/+$/, "");
    // The host puts the secret in the place of this token when the request leaves.
    this.authorization = `Bearer ${secrets.placeholder("CUSTOMER_API_KEY")}`;
  }

  /** Looks a customer up. */
  async find(id: string): Promise<Customer> {
    const response = await fetch(`${this.baseUrl}/customers/${encodeURIComponent(id)}`, {
      headers: { authorization: this.authorization },
    });
    if (response.status === 404) {
      throw new BpmnError("CUSTOMER_NOT_FOUND", `there is no customer ${id}`, { customer: id });
    }
    if (response.status !== 200) {
      throw Failure.of(response, `the customer service answered ${response.status}`);
    }
    return customerOf(await response.text());
  }

  /** Has a customer checked; gives the id of the check. */
  async check(id: string, score: number, idempotencyKey: string): Promise<string> {
    const response = await fetch(`${this.baseUrl}/checks`, {
      method: "POST",
      headers: {
        authorization: this.authorization,
        "content-type": "application/json",
        "idempotency-key": idempotencyKey,
      },
      body: JSON.stringify({ customer: id, score }),
    });
    if (response.status !== 201) {
      throw Failure.of(response, `the check service answered ${response.status}`);
    }
    return checkOf(await response.text());
  }
}

/** The id of a check. */
function checkOf(body: string): string {
  const misfit = new Failure("the check service answered something else than a check", { retries: 0 });
  let answer: { id?: unknown } | null;
  try {
    answer = JSON.parse(body);
  } catch {
    throw misfit;
  }
  if (typeof answer?.id !== "string") throw misfit;
  return answer.id;
}

/** What the worker needs of the service's answer; other fields are dropped. */
function customerOf(body: string): Customer {
  const misfit = new Failure("the customer service answered something else than a customer", { retries: 0 });
  let answer: Partial<Record<keyof Customer, unknown>> | null;
  try {
    answer = JSON.parse(body);
  } catch {
    throw misfit;
  }
  const { name, score } = answer ?? {};
  if (typeof name !== "string" || typeof score !== "number" || !Number.isSafeInteger(score)) throw misfit;
  return { name, score };
}

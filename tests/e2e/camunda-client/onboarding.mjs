// Deploys a customer onboarding, starts it, and works it to its end on both branches, all through Camunda's own client.
//
//   node onboarding.mjs URL MODEL.bpmn
//
// The model has the jobs `scoreCustomer` and `addCustomerToCrm`, and a user task that is a job.
// Every request and answer is checked against the client's schemas.

import assert from 'node:assert/strict';
import createCamundaClient from '@camunda8/orchestration-cluster-api';

const [url, model] = process.argv.slice(2);
const camunda = createCamundaClient({
  config: {
    CAMUNDA_REST_ADDRESS: url,
    CAMUNDA_AUTH_STRATEGY: 'NONE',
    CAMUNDA_SDK_VALIDATION: 'req:strict,res:strict',
    CAMUNDA_SDK_LOG_LEVEL: 'error',
  },
});
// What was written is there to be read: no waiting.
const now = { consistency: { waitUpToMs: 0 } };

const topology = await camunda.getTopology();
assert.equal(topology.partitionsCount, topology.brokers.flatMap((broker) => broker.partitions).length);

const deployment = await camunda.deployResourcesFromFiles([model]);
const [process_] = deployment.processes;
assert.equal(process_.processDefinitionId, 'customer-onboarding');

const again = await camunda.deployResourcesFromFiles([model]);
assert.equal(
  again.processes[0].processDefinitionKey,
  process_.processDefinitionKey,
  'an unchanged model keeps its version',
);

const found = await camunda.searchProcessDefinitions(
  { filter: { processDefinitionId: 'customer-onboarding' } },
  now,
);
assert.equal(found.items.length, 1);

for (const accepted of [true, false]) {
  const started = await camunda.createProcessInstance({
    processDefinitionKey: process_.processDefinitionKey,
    variables: { customerName: 'Ada', customerEmail: 'ada@example.com' },
  });
  const instance = started.processInstanceKey;

  const score = await take('scoreCustomer', instance);
  assert.equal(score.variables.customerName, 'Ada');
  await camunda.completeJob({ jobKey: score.jobKey, variables: { score: 42 } });

  const approval = await take('io.camunda.zeebe:userTask', instance);
  assert.match(approval.customHeaders['io.camunda.zeebe:formKey'], /^camunda-forms:bpmn:/);
  assert.equal(approval.variables.score, 42);
  await camunda.completeJob({ jobKey: approval.jobKey, variables: { automaticProcessing: accepted } });

  if (accepted) {
    const crm = await take('addCustomerToCrm', instance);
    await camunda.completeJob({ jobKey: crm.jobKey });
    await assert.rejects(camunda.completeJob({ jobKey: crm.jobKey }), (error) => {
      assert.equal(error.status, 404, 'a job that is done cannot be done again');
      return true;
    });
  }

  const ended = await camunda.getProcessInstance({ processInstanceKey: instance }, now);
  assert.equal(ended.state, 'COMPLETED');
  assert.equal(ended.hasIncident, false);
  const variables = await camunda.searchVariables({ filter: { processInstanceKey: instance } }, now);
  const values = Object.fromEntries(variables.items.map((variable) => [variable.name, variable.value]));
  assert.equal(values.automaticProcessing, String(accepted));
  assert.equal(values.score, '42');
  console.log(`instance ${instance}: ${accepted ? 'accepted' : 'rejected'}, ${ended.state}`);
}

const completed = await camunda.searchProcessInstances(
  { filter: { processDefinitionId: 'customer-onboarding', state: 'COMPLETED' } },
  now,
);
assert.equal(completed.page.totalItems, 2);
const incidents = await camunda.searchIncidents({}, now);
assert.equal(incidents.items.length, 0);

/** The job of this type of this instance. */
async function take(type, processInstanceKey) {
  const { jobs } = await camunda.activateJobs({
    type,
    worker: 'camunda-client',
    timeout: 60_000,
    maxJobsToActivate: 1,
    requestTimeout: 10_000,
  });
  assert.equal(jobs.length, 1, `one job of type ${type}`);
  assert.equal(jobs[0].processInstanceKey, processInstanceKey);
  return jobs[0];
}

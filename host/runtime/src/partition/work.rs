//! Carrying out one request in memory.

use std::sync::Arc;

use engine::journal::Entry;
use engine::{Command, Context, Definition, Definitions, EntityKind, InstanceState, Output, Rejection};
use types::{Actor, ProcessInstanceKey, Timestamp};

use super::Partition;
use super::pending::Pending;
use super::reply::Reply;
use super::task_changes::{Decision, Wanted};
use crate::attempts::{AttemptNote, Ledger};
use crate::error::Error;
use crate::inbox::{Ask, Started, Target};

impl Partition {
    /// Carries out a request in memory. Its answer waits in `pending` for the commit.
    pub(super) async fn take(&mut self, ask: Ask, pending: &mut Pending) {
        pending.count_request();
        match ask {
            Ask::Start { create, actor, reply, ended } => {
                pending.count_start();
                let result = self.start(create, actor, pending).await;
                if let (Ok(started), Some(ended)) = (&result, ended) {
                    self.awaited.add(started.key, ended);
                }
                pending.replies.push(Reply::Started(reply, result));
            }
            Ask::Command { target, command, actor, reply } => {
                let result = self.command(target, command, actor, pending).await;
                pending.replies.push(Reply::Done(reply, result));
            }
            Ask::ChangeUserTask { target, command, actor, reply } => {
                let result = self.change_user_task(target, command, actor, pending).await;
                pending.replies.push(Reply::Changed(reply, result));
            }
            Ask::Answer { instance, command, actor, note, reply } => {
                let result = self.answer(instance, command, actor, *note, pending).await;
                pending.replies.push(Reply::Done(reply, result));
            }
            // Whoever went away gets no jobs.
            Ask::Activate { reply, .. } if reply.is_closed() => {}
            Ask::Activate { activate, reply } => {
                let result = self.activate(activate, pending).await;
                pending.replies.push(Reply::Activated(reply, result));
            }
            Ask::Describe { jobs, for_connector, reply } => {
                let result = self.describe_waiting(jobs, for_connector).await;
                pending.replies.push(Reply::Described(reply, result));
            }
            Ask::Publish { address, command, reply } => {
                let result = self.publish(&address, command, pending).await;
                pending.replies.push(Reply::Published(reply, result));
            }
            Ask::Correlate { address, command, reply } => {
                self.correlate(&address, command, reply, pending).await;
            }
            Ask::Broadcast { tenant, name, variables, reply } => {
                let signal = self.broadcast(tenant, name, variables, pending);
                pending.replies.push(Reply::Broadcast(reply, Ok(signal)));
            }
            Ask::StartByConditions { starts, reply } => {
                let result = self.start_by_conditions(starts, pending);
                pending.replies.push(Reply::Evaluated(reply, result));
            }
            Ask::Forget { instances } => self.forget_ended(&instances, pending),
            Ask::Deploy { deployment, reply } => {
                // A deployment has a commit of its own; what came before it goes first.
                let result = match self.flush(pending).await {
                    Ok(()) => self.deploy(deployment).await,
                    Err(error) => Err(error.into()),
                };
                let _ = reply.send(result);
            }
        }
        self.carry_out_follow_ups(pending).await;
    }

    async fn start(
        &mut self,
        create: engine::command::CreateInstance,
        actor: Actor,
        pending: &mut Pending,
    ) -> Result<Started, Error> {
        let Some(definition) = self.shared.definitions.get(create.definition).await? else {
            return Err(Rejection::NotFound {
                kind: EntityKind::ProcessDefinition,
                key: create.definition.0,
            }
            .into());
        };
        let business_id = self.free_business_id(&create, &definition).await?;
        let started = self.start_version(definition, create, actor, pending)?;
        self.business_ids.take(started.key, business_id);
        Ok(started)
    }

    /// Starts an instance of a process version that is at hand: nothing has to be read.
    ///
    /// # Errors
    /// An operator holds the version, or it cannot begin as it should.
    pub(super) fn start_version(
        &mut self,
        definition: Arc<Definition>,
        create: engine::command::CreateInstance,
        actor: Actor,
        pending: &mut Pending,
    ) -> Result<Started, Error> {
        self.shared.withheld.check(definition.key)?;
        let mut definitions = Definitions::default();
        definitions.insert(definition);
        let mut state = InstanceState::default();
        let at = self.shared.clock.now();
        let seed = self.next_seed();
        let output = engine::step(
            Context { definitions: &definitions, at, seed },
            &mut state,
            &mut self.keys,
            Command::CreateInstance(create),
        )?;
        let Some(key) = state.instance().map(|instance| instance.key) else {
            return Err(Error::Damaged("a started instance has no key".to_owned()));
        };
        // What is new has no rows yet.
        self.cache.insert(key, state, definitions).attempts = Some(Ledger::default());
        self.record(key, at, actor, output, pending);
        Ok(Started { key })
    }

    pub(super) async fn command(
        &mut self,
        target: Target,
        command: Command,
        actor: Actor,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let key = self.instance_of(target).await?;
        self.command_on(key, target, command, actor, pending).await
    }

    /// Carries out a command on an instance, which was found by `target`.
    async fn command_on(
        &mut self,
        key: ProcessInstanceKey,
        target: Target,
        command: Command,
        actor: Actor,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        pending.add_bytes(self.load(key, target).await?);
        if let Command::MigrateInstance(migrate) = &command
            && let Some(definition) = self.shared.definitions.get(migrate.definition).await?
            && let Some(cached) = self.cache.get(key)
        {
            cached.definitions.insert(definition);
        }
        let at = self.shared.clock.now();
        let seed = self.next_seed();
        let Some(cached) = self.cache.get(key) else { return Err(target.missing().into()) };
        let output = engine::step(
            Context { definitions: &cached.definitions, at, seed },
            &mut cached.state,
            &mut self.keys,
            command,
        )?;
        self.record(key, at, actor, output, pending);
        Ok(())
    }

    /// Carries out a command that may change a user task. When listeners are asked about that, the caller can hear what
    /// they decide, once it is durable that they are.
    async fn change_user_task(
        &mut self,
        target: Target,
        command: Command,
        actor: Actor,
        pending: &mut Pending,
    ) -> Result<Option<Decision>, Error> {
        let wanted = Wanted::of(&command);
        let instance = self.instance_of(target).await?;
        self.command_on(instance, target, command, actor, pending).await?;
        let (Some(wanted), Some(cached)) = (wanted, self.cache.get(instance)) else { return Ok(None) };
        Ok(self.task_changes.add(instance, &cached.state, wanted))
    }

    /// Takes the answer of an attempt, and keeps the attempt.
    pub(super) async fn answer(
        &mut self,
        instance: ProcessInstanceKey,
        command: Command,
        actor: Actor,
        note: AttemptNote,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        self.command(Target::Instance(instance), command, actor, pending).await?;
        if !pending.writes(instance) {
            return Ok(());
        }
        let Some(cached) = self.cache.get(instance) else { return Ok(()) };
        let ledger = match &mut cached.attempts {
            Some(ledger) => ledger,
            None => match self.shared.store.kept_attempts(instance).await {
                Ok(kept) => cached.attempts.insert(Ledger::new(kept)),
                // The answer counts all the same.
                Err(error) => {
                    tracing::warn!(job = %note.job, %error, "the log of an attempt is not kept");
                    return Ok(());
                }
            },
        };
        let attempt = note.into_row(self.keys.next_key().into(), instance);
        for key in ledger.admit(attempt.kept()) {
            pending.drop_attempt(instance, key);
        }
        pending.keep_attempt(attempt);
        Ok(())
    }

    /// Notes what a command has done to an instance, and takes in what it asks of others.
    fn record(
        &mut self,
        key: ProcessInstanceKey,
        at: Timestamp,
        actor: Actor,
        output: Output,
        pending: &mut Pending,
    ) {
        let Output { events, outgoing } = output;
        if !outgoing.is_empty() {
            self.pass_on(outgoing, pending);
        }
        if self.task_changes.are_awaited_of(key)
            && let Some(cached) = self.cache.get(key)
        {
            let decided = self.task_changes.decided(key, &events, &cached.state);
            pending.replies.extend(decided.into_iter().map(|(reply, answer)| Reply::Done(reply, answer)));
        }
        if !events.is_empty() {
            let bytes = pending.record(key, Entry { at, actor, events });
            self.cache.grown(key, bytes);
        }
    }

    async fn instance_of(&self, target: Target) -> Result<ProcessInstanceKey, Error> {
        let store = &self.shared.store;
        let found = match target {
            Target::Instance(key) => Some(key),
            Target::Job(key) => store.instance_of_job(key).await?,
            Target::UserTask(key) => store.instance_of_user_task(key).await?,
            Target::Incident(key) => store.instance_of_incident(key).await?,
            Target::Element(key) => store.instance_of_element(key).await?,
        };
        found.ok_or_else(|| target.missing().into())
    }

    /// Makes sure that an instance is in memory. Returns how many bytes of values were read for that.
    pub(super) async fn load(&mut self, key: ProcessInstanceKey, target: Target) -> Result<usize, Error> {
        if self.cache.get(key).is_some() {
            return Ok(0);
        }
        if self.damaged.contains(&key) {
            return Err(Error::Damaged(format!(
                "instance {key} was found damaged before; the log tells more"
            )));
        }
        let Some(rows) = self.shared.store.load_instance(key).await? else {
            return Err(target.missing().into());
        };
        if rows.newest_key().counter() >= self.keys.next_counter() {
            // Keys that this host has never given out: another one does. Its keys would be given out a second time here,
            // and a state with the same key twice makes no sense.
            self.has_lost_lease = true;
            return Err(Error::Unavailable("another host has taken over".to_owned()));
        }
        let definition_key = rows.instance.definition;
        let Some(definition) = self.shared.definitions.get(definition_key).await? else {
            return Err(Error::Damaged(format!("instance {key} runs unknown definition {definition_key}")));
        };
        let bytes = rows.value_bytes();
        let state = InstanceState::load(rows, &definition.process)
            .map_err(|error| Error::Damaged(format!("instance {key}: {error}")))?;
        let mut definitions = Definitions::default();
        definitions.insert(definition);
        self.cache.insert(key, state, definitions);
        self.cache.grown(key, bytes);
        Ok(bytes)
    }
}

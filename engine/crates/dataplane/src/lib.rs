//! The dataplane of an edge node: traffic ports, rules, programs, counters.
//!
//! A [`Dataplane`] owns one thread a port. Control calls come from other threads and never hold up packets for longer
//! than it takes to swap a few pointers.

pub mod config;
pub mod counters;
pub mod engine;
pub mod error;
pub mod expression;
mod fair;
pub mod lists;
mod port;
pub mod prefix;
pub mod rules;
pub mod samples;

use std::collections::HashMap;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flowprotect_vm::instance::Instance;
use flowprotect_vm::load::load;
use flowprotect_vm::program::Program;
use flowprotect_vm::verify::{Verdict, VerifyLimits, VerifyReport, verify};
use sha2::{Digest, Sha256};

pub use config::Config;
pub use counters::Stats;
pub use error::DataplaneError;
pub use port::PortSpec;
pub use samples::Sample;

use counters::{Counters, Ledger};
use engine::{Engine, Gate};
use fair::FairQueue;
use port::relay::Relay;
use rules::Ruleset;
use samples::Taken;

/// Longest time one verification may take.
const VERIFY_DEADLINE: Duration = Duration::from_secs(10);
/// Samples kept over changes of configuration.
const KEPT_SAMPLES: usize = 500;

struct Loaded {
    digest: [u8; 32],
    program: Arc<Program>,
    report: VerifyReport,
}

struct Control {
    ledger: Ledger,
    samples: FairQueue<String, Sample>,
    since: Instant,
}

/// Ports with the rules behind them.
pub struct Dataplane {
    engine: Arc<Gate<Engine>>,
    programs: Mutex<HashMap<String, Arc<Loaded>>>,
    control: Mutex<Control>,
    ports: Vec<Relay>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Dataplane {
    /// Opens the ports and begins. Everything passes until a configuration is applied.
    ///
    /// # Errors
    /// `port.*` where a port cannot be opened; then none is.
    pub fn start(ports: &[PortSpec]) -> Result<Self, DataplaneError> {
        let this = Self::open(ports)?;
        this.begin()?;
        Ok(this)
    }

    /// Opens the ports, with all privileges that this takes, and starts no thread: what a process then gives up, the
    /// threads of [`Self::begin`] never have.
    ///
    /// # Errors
    /// `port.*` where a port cannot be opened; then none is.
    pub fn open(ports: &[PortSpec]) -> Result<Self, DataplaneError> {
        let engine = Arc::new(Gate::default());
        let limit = port::limits::flows_per_port(ports.len());
        let ports = ports
            .iter()
            .map(|spec| Relay::open(spec, limit, Arc::clone(&engine)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            engine,
            programs: Mutex::default(),
            control: Mutex::new(Control {
                ledger: Ledger::default(),
                samples: FairQueue::new(KEPT_SAMPLES),
                since: Instant::now(),
            }),
            ports,
        })
    }

    /// Limits the challenges a second of all rules together; 1,000 where nobody says otherwise.
    pub fn limit_challenges(&self, per_second: u32) {
        self.engine.lock().challenges.set_rate(per_second);
    }

    /// Starts the threads of the ports, where they do not run yet.
    ///
    /// # Errors
    /// `port.system` where there can be no thread.
    pub fn begin(&self) -> Result<(), DataplaneError> {
        self.ports.iter().try_for_each(Relay::begin)
    }

    /// The addresses the ports really listen on, in the order given.
    #[must_use]
    pub fn listening(&self) -> Vec<SocketAddr> {
        self.ports.iter().map(Relay::listening).collect()
    }

    /// Verifies a program and keeps it under `key`. A report that is not ok means that it was not kept.
    ///
    /// # Errors
    /// `program.key_taken` where another program has this key.
    pub fn load_program(&self, key: &str, elf: &[u8]) -> Result<VerifyReport, DataplaneError> {
        let digest: [u8; 32] = Sha256::digest(elf).into();
        let known = |loaded: &Loaded| {
            if loaded.digest == digest {
                Ok(loaded.report.clone())
            } else {
                Err(DataplaneError::new(
                    "program.key_taken",
                    format!("another program is loaded as {key}"),
                ))
            }
        };
        if let Some(loaded) = lock(&self.programs).get(key) {
            return known(loaded);
        }
        // The reader of object files wants them aligned, as what the allocator gives is and what callers give may not be.
        let elf = &elf.to_vec();
        let start = Instant::now();
        let late = |verdict: Verdict| start.elapsed() > verdict.deadline(VERIFY_DEADLINE);
        let mut report = verify(elf, &VerifyLimits::default(), &late);
        if !report.ok {
            return Ok(report);
        }
        let program = match load(elf) {
            Ok(loaded) => Arc::new(loaded.program),
            Err(diagnostics) => {
                report.ok = false;
                report.diagnostics = diagnostics;
                return Ok(report);
            }
        };
        // Compiled here, so that `apply` does not wait for it; what is not compiled is interpreted.
        let _ = program.code();
        let mut programs = lock(&self.programs);
        if let Some(loaded) = programs.get(key) {
            return known(loaded);
        }
        let loaded = Loaded {
            digest,
            program,
            report: report.clone(),
        };
        programs.insert(key.to_owned(), Arc::new(loaded));
        Ok(report)
    }

    /// Forgets the programs whose keys are not in `keys`. Rules that run one keep it.
    pub fn retain_programs<K: AsRef<str>>(&self, keys: &[K]) {
        let keys: HashSet<&str> = keys.iter().map(AsRef::as_ref).collect();
        lock(&self.programs).retain(|key, _| keys.contains(key.as_str()));
    }

    /// Replaces the configuration between two packets. State of rules whose id, program, key and limits stay is kept.
    ///
    /// # Errors
    /// `config.*` and `expression.*`: nothing has changed.
    pub fn apply(&self, config: &Config) -> Result<(), DataplaneError> {
        let mut control = lock(&self.control);
        let old = Arc::clone(&self.engine.lock().ruleset);
        let running: HashMap<&str, (usize, &rules::Rule)> = old
            .rules
            .iter()
            .enumerate()
            .map(|(index, (_, rule))| (rule.id.as_str(), (index, rule)))
            .collect();
        let programs = lock(&self.programs);
        let ruleset = Ruleset::new(config, &|key| {
            programs.get(key).map(|loaded| Arc::clone(&loaded.program))
        })?;
        drop(programs);
        // New instances are made here, before the lock: packets wait for the moves alone.
        let mut kept: Vec<(usize, usize)> = Vec::new();
        let mut instances: Vec<Option<Instance>> = Vec::new();
        let challenges = Arc::clone(&self.engine.lock().challenges);
        for (index, (_, rule)) in ruleset.rules.iter().enumerate() {
            match running.get(rule.id.as_str()) {
                Some((before, same)) if same.origin.continues_as(&rule.origin) => {
                    kept.push((*before, index));
                    instances.push(None);
                }
                _ => {
                    let mut fresh = Instance::new(Arc::clone(&rule.code), rule.settings());
                    fresh.share_challenges(Arc::clone(&challenges));
                    instances.push(Some(fresh));
                }
            }
        }
        let counters = Counters::for_ruleset(&ruleset);
        let ruleset = Arc::new(ruleset);
        let (counters, taken, _gone) = {
            let mut engine = self.engine.lock();
            for (before, index) in kept {
                let mut instance = engine.instances[before].take();
                if let Some(instance) = &mut instance {
                    instance.renew(&ruleset.rules[index].1.settings());
                }
                instances[index] = instance;
            }
            engine.ruleset = ruleset;
            let gone = std::mem::replace(&mut engine.instances, instances);
            let counters = std::mem::replace(&mut engine.counters, counters);
            (counters, engine.sampler.drain(), gone)
        };
        control.ledger.add(&old, counters);
        control.keep(&old, taken);
        Ok(())
    }

    /// All that [`Self::apply`] would refuse in `config`: one error for each account that has any, by the account's id.
    #[must_use]
    pub fn check(&self, config: &Config) -> Vec<(String, DataplaneError)> {
        let programs = lock(&self.programs);
        Ruleset::check(config, &|key| {
            programs.get(key).map(|loaded| Arc::clone(&loaded.program))
        })
    }

    /// What happened since the last call.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut control = lock(&self.control);
        // Only `apply` changes the ruleset, and it waits for `control`.
        let ruleset = Arc::clone(&self.engine.lock().ruleset);
        let fresh = Counters::for_ruleset(&ruleset);
        let counters = std::mem::replace(&mut self.engine.lock().counters, fresh);
        control.ledger.add(&ruleset, counters);
        let interval = control.since.elapsed().as_millis();
        control.since = Instant::now();
        let mut stats = control.ledger.take(
            ruleset.generation,
            u64::try_from(interval).unwrap_or(u64::MAX),
        );
        for port in &self.ports {
            port.report(&mut stats);
        }
        stats
    }

    /// The sampled packets since the last call, at most a few hundred.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        let mut control = lock(&self.control);
        let mut engine = self.engine.lock();
        let taken = engine.sampler.drain();
        let ruleset = Arc::clone(&engine.ruleset);
        drop(engine);
        control.keep(&ruleset, taken);
        let mut samples = control.samples.drain();
        samples.sort_by(|a, b| a.at.total_cmp(&b.at));
        samples
    }

    /// Closes the ports and waits for their threads.
    pub fn stop(self) {}
}

impl Control {
    fn keep(&mut self, ruleset: &Ruleset, taken: Vec<Taken>) {
        for sample in taken {
            let account = &ruleset.accounts[sample.account].id;
            let rule = &ruleset.rules[sample.rule].1.id;
            let finished = sample.finish(account, rule);
            self.samples.push(account.clone(), finished);
        }
    }
}

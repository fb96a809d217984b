//! A configuration made ready for packets: prefixes to accounts, and each account's rules in order of choice.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flowprotect_vm::additions::Limits;
use flowprotect_vm::additions::lists::Lists;
use flowprotect_vm::instance::Settings;
use flowprotect_vm::packet::Flow;
use flowprotect_vm::program::Program;
use flowprotect_vm::state::StateConfig;

use crate::config::{AccountConfig, AccountSettings, Config, Fallback, Mode, RuleConfig, Scope};
use crate::error::DataplaneError;
use crate::expression::Expression;
use crate::lists::lists;
use crate::prefix::{Prefix, PrefixMap};

/// What an instance was made from. See [`Origin::continues_as`].
#[derive(Clone)]
pub struct Origin {
    pub program: String,
    keys: Keys,
    /// Without what instances do not depend on.
    limits: AccountSettings,
}

impl Origin {
    /// Whether an instance made from this one goes on under `new`: a change of the key is a rotation where the new
    /// configuration still names the old one.
    #[must_use]
    pub fn continues_as(&self, new: &Self) -> bool {
        let same_keys = self.keys.current == new.keys.current
            || new.keys.previous.as_ref() == Some(&self.keys.current);
        self.program == new.program && self.limits == new.limits && same_keys
    }
}

/// The secrets of an account.
#[derive(Clone, Copy)]
struct Keys {
    current: [u8; 32],
    previous: Option<[u8; 32]>,
}

pub struct Rule {
    pub id: String,
    pub mode: Mode,
    pub origin: Origin,
    pub code: Arc<Program>,
    lists: Lists,
    expression: Expression,
}

impl Rule {
    /// The settings for a new instance.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let limits = &self.origin.limits;
        Settings {
            state: StateConfig {
                source_entries: limits.source_entries,
                flow_entries: limits.flow_entries,
            },
            fuel: limits.fuel,
            challenges: limits.challenges,
            challenge_interval_secs: limits.challenge_interval_secs,
            challenges_per_second: limits.challenges_per_second,
            hmac_key: self.origin.keys.current,
            previous_hmac_key: self.origin.keys.previous,
            lists: self.lists.clone(),
            additions: Limits::default(),
            capture_printf: false,
        }
    }

    #[must_use]
    pub fn fuel(&self) -> u64 {
        self.origin.limits.fuel
    }
}

pub struct Account {
    pub id: String,
    allowlist: PrefixMap<()>,
    /// Indexes into [`Ruleset::rules`] of the rules that hold on this node, most specific first.
    rules: Vec<usize>,
    pub on_error: Fallback,
    pub on_too_large: Fallback,
}

/// Everything that is decided by configuration alone. It does not change once made.
#[derive(Default)]
pub struct Ruleset {
    pub generation: u64,
    prefixes: PrefixMap<usize>,
    pub accounts: Vec<Account>,
    /// Each with the index of its account. Only rules that hold on this node.
    pub rules: Vec<(usize, Rule)>,
}

/// Which account and rule a packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    pub account: usize,
    pub rule: Option<usize>,
    pub allowlisted: bool,
}

impl Ruleset {
    /// Checks `config` and makes it ready. `programs` finds a program by key.
    ///
    /// # Errors
    /// `config.*` and `expression.*`, see the code.
    pub fn new(
        config: &Config,
        programs: &dyn Fn(&str) -> Option<Arc<Program>>,
    ) -> Result<Self, DataplaneError> {
        Self::build(config, programs, &mut |_, error| Err(error))
    }

    /// The first error of each account that has any, by the account's id.
    pub fn check(
        config: &Config,
        programs: &dyn Fn(&str) -> Option<Arc<Program>>,
    ) -> Vec<(String, DataplaneError)> {
        let mut faults = Vec::new();
        let mut keep = |account: &AccountConfig, error| {
            faults.push((account.id.clone(), error));
            Ok(())
        };
        let never_fails = Self::build(config, programs, &mut keep);
        debug_assert!(never_fails.is_ok());
        faults
    }

    /// Gives each account's error to `refuse`, and ends with the one that gives.
    fn build(
        config: &Config,
        programs: &dyn Fn(&str) -> Option<Arc<Program>>,
        refuse: &mut dyn FnMut(&AccountConfig, DataplaneError) -> Result<(), DataplaneError>,
    ) -> Result<Self, DataplaneError> {
        let mut set = Self {
            generation: config.generation,
            ..Self::default()
        };
        let mut rule_ids = HashSet::new();
        let mut account_ids = HashSet::new();
        for account in &config.accounts {
            if !account_ids.insert(account.id.as_str()) {
                let twice = format!("account {} is there twice", account.id);
                refuse(
                    account,
                    DataplaneError::new("config.duplicate_account", twice),
                )?;
                continue;
            }
            if let Err(error) = set.add_account(config, account, programs, &mut rule_ids) {
                refuse(account, error)?;
            }
        }
        Ok(set)
    }

    fn add_account<'c>(
        &mut self,
        config: &Config,
        account: &'c AccountConfig,
        programs: &dyn Fn(&str) -> Option<Arc<Program>>,
        rule_ids: &mut HashSet<&'c str>,
    ) -> Result<(), DataplaneError> {
        let index = self.accounts.len();
        for text in &account.prefixes {
            if self.prefixes.insert(cidr(account, text)?, index).is_some() {
                return Err(DataplaneError::new(
                    "config.duplicate_prefix",
                    format!("prefix {text} of account {} is there twice", account.id),
                ));
            }
        }
        let mut allowlist = PrefixMap::new();
        for text in &account.allowlist {
            allowlist.insert(cidr(account, text)?, ());
        }
        let keys = Keys {
            current: key(account, &account.hmac_key)?,
            previous: match account.previous_hmac_key.as_str() {
                "" => None,
                text => Some(key(account, text)?),
            },
        };
        let lists = lists(account)?;
        let limits = limits(account)?;
        let mut here: Vec<(Scope, usize)> = Vec::new();
        for rule in &account.rules {
            if !rule_ids.insert(rule.id.as_str()) {
                return Err(DataplaneError::new(
                    "config.duplicate_rule",
                    format!("rule {} is there twice", rule.id),
                ));
            }
            let code = programs(&rule.program).ok_or_else(|| {
                DataplaneError::new(
                    "config.unknown_program",
                    format!("program {} of rule {} is not loaded", rule.program, rule.id),
                )
            })?;
            let expression =
                Expression::parse(&rule.expression).map_err(|error| DataplaneError {
                    code: error.code,
                    message: format!("expression of rule {}: {error}", rule.id),
                    position: Some(error.position),
                })?;
            if !holds_here(config, rule) {
                continue;
            }
            here.push((rule.scope, self.rules.len()));
            let rule = Rule {
                id: rule.id.clone(),
                mode: rule.mode,
                origin: Origin {
                    program: rule.program.clone(),
                    keys,
                    limits: limits.clone(),
                },
                code,
                lists: lists.clone(),
                expression,
            };
            self.rules.push((index, rule));
        }
        here.sort_by_key(|(scope, _)| std::cmp::Reverse(*scope));
        self.accounts.push(Account {
            id: account.id.clone(),
            allowlist,
            rules: here.into_iter().map(|(_, rule)| rule).collect(),
            on_error: account.settings.on_error,
            on_too_large: account.settings.on_too_large,
        });
        Ok(())
    }

    /// The account whose traffic `flow` is, and the rule that is its turn. None for traffic of nobody.
    #[must_use]
    pub fn find(&self, flow: &Flow) -> Option<Match> {
        let index = self.prefixes.get(flow.dst)?;
        let account = &self.accounts[index];
        let rule = account
            .rules
            .iter()
            .copied()
            .find(|rule| self.rules[*rule].1.expression.matches(flow));
        Some(Match {
            account: index,
            rule,
            allowlisted: account.allowlist.get(flow.src).is_some(),
        })
    }
}

fn holds_here(config: &Config, rule: &RuleConfig) -> bool {
    match rule.scope {
        Scope::Global => true,
        Scope::Region => rule.name == config.region,
        Scope::Datacenter => rule.name == config.datacenter,
    }
}

fn cidr(account: &AccountConfig, text: &str) -> Result<Prefix, DataplaneError> {
    text.parse().map_err(|_| {
        DataplaneError::new(
            "config.cidr",
            format!("`{text}` of account {} is not a CIDR", account.id),
        )
    })
}

fn key(account: &AccountConfig, text: &str) -> Result<[u8; 32], DataplaneError> {
    STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| {
            // The key itself is a secret: it is not in the message.
            DataplaneError::new(
                "config.hmac_key",
                format!("a key of account {} is not 32 bytes in base64", account.id),
            )
        })
}

fn limits(account: &AccountConfig) -> Result<AccountSettings, DataplaneError> {
    let given = &account.settings;
    let wrong = if given.source_entries > 1_000_000 {
        "source_entries is at most 1000000"
    } else if given.flow_entries > 1_000_000 {
        "flow_entries is at most 1000000"
    } else if !(1..=10_000_000).contains(&given.fuel) {
        "fuel is 1 to 10000000"
    } else {
        return Ok(AccountSettings {
            on_error: Fallback::Pass,
            on_too_large: Fallback::Pass,
            ..given.clone()
        });
    };
    Err(DataplaneError::new(
        "config.settings",
        format!("settings of account {}: {wrong}", account.id),
    ))
}

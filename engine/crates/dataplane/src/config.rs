//! What a node is told to do: accounts, their prefixes, and their rules. Fields not known here are ignored.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole of a node's configuration.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Config {
    #[serde(default)]
    pub generation: u64,
    /// The code of the region this node is in.
    #[serde(default)]
    pub region: String,
    /// The code of the datacenter this node is in.
    #[serde(default)]
    pub datacenter: String,
    #[serde(default)]
    pub accounts: Vec<AccountConfig>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct AccountConfig {
    pub id: String,
    /// CIDRs whose traffic is looked at.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// CIDRs of sources that always pass.
    #[serde(default)]
    pub allowlist: Vec<String>,
    /// 32 bytes in base64.
    #[serde(default)]
    pub hmac_key: String,
    /// The key before that, in base64, while cookies made with it are to be good still. Empty for none.
    #[serde(default)]
    pub previous_hmac_key: String,
    /// Lists of CIDRs that programs look addresses up in, by name (1 to 64 bytes). `CIDR=VALUE` gives a prefix a value,
    /// 0 to 4294967294.
    #[serde(default)]
    pub lists: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub settings: AccountSettings,
    #[serde(default)]
    pub rules: Vec<RuleConfig>,
}

/// What happens to a packet no program gave a verdict on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fallback {
    #[default]
    Pass,
    Drop,
}

/// Limits and choices of an account. Numbers out of their range are refused with `config.settings`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AccountSettings {
    /// Entries of the table of sources, 0 (off) to 1,000,000.
    pub source_entries: usize,
    /// Entries of the table of flows, 0 (off) to 1,000,000.
    pub flow_entries: usize,
    pub challenges: bool,
    /// Seconds between two challenges to one source.
    pub challenge_interval_secs: u64,
    pub challenges_per_second: u32,
    /// Fuel of one run, 1 to 10,000,000.
    pub fuel: u64,
    /// For a program that fails or runs out of fuel.
    pub on_error: Fallback,
    /// For packets larger than a program can see (1,500 bytes of IP).
    pub on_too_large: Fallback,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            source_entries: 1_000,
            flow_entries: 10_000,
            challenges: true,
            challenge_interval_secs: 1,
            challenges_per_second: 1_000,
            fuel: 1_000_000,
            on_error: Fallback::Pass,
            on_too_large: Fallback::Pass,
        }
    }
}

/// Where a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Global,
    Region,
    Datacenter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Verdicts are applied.
    Enabled,
    /// The program runs; nothing is dropped and no challenge sent.
    Monitoring,
    /// The program does not run.
    Disabled,
}

#[derive(Clone, Debug, Deserialize)]
pub struct RuleConfig {
    pub id: String,
    /// The key the program was loaded under.
    pub program: String,
    pub scope: Scope,
    /// `global`, or the code of the region or datacenter.
    #[serde(default)]
    pub name: String,
    pub mode: Mode,
    #[serde(default)]
    pub expression: String,
}

//! The one error type of the crate: a machine-readable code and a sentence.

use std::fmt;

/// What was refused, and why.
///
/// Codes: `port.*` (a port cannot be opened), `program.*` (a program cannot be taken), `config.*` (a configuration is
/// wrong), `expression.*` (a rule's expression is wrong, with its position).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataplaneError {
    pub code: &'static str,
    pub message: String,
    /// Where in an expression, in characters from 0.
    pub position: Option<usize>,
}

impl DataplaneError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            position: None,
        }
    }

    pub(crate) fn system(code: &'static str, what: &str, error: &std::io::Error) -> Self {
        Self::new(code, format!("{what}: {error}"))
    }
}

impl fmt::Display for DataplaneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for DataplaneError {}

//! One diagnostic type for every stage from preprocessing to verification.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Preprocess,
    Compile,
    Load,
    Verify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// A place in the C source. Lines and columns count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// What a stage has to say about a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub stage: Stage,
    pub severity: Severity,
    /// Stable machine-readable code such as `verify.packet_bounds`.
    pub code: String,
    pub message: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
    /// First position after the range that is meant.
    pub end: Option<Position>,
    pub hint: Option<String>,
}

/// Characters of a message: names in it are the program's own, and may be of any length.
const LONGEST_MESSAGE: usize = 600;

impl Diagnostic {
    /// An error without a place in the source. A message that is too long is cut.
    pub fn error(stage: Stage, code: &str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
            message.truncate(end);
            message.push('…');
        }
        Self {
            stage,
            severity: Severity::Error,
            code: code.to_owned(),
            message,
            line: None,
            column: None,
            end: None,
            hint: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_bounded() {
        let long = Diagnostic::error(Stage::Load, "load.test", "é".repeat(10_000));
        assert_eq!(long.message.chars().count(), LONGEST_MESSAGE + 1);
        let short = Diagnostic::error(Stage::Load, "load.test", "short");
        assert_eq!(short.message, "short");
    }
}

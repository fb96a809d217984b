//! From text to tokens, each with its place.

use std::net::IpAddr;

use super::{Compare, ExpressionError, Field};
use crate::prefix::Prefix;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Field(Field),
    Compare(Compare),
    In,
    And,
    Or,
    Not,
    Constant(bool),
    Open,
    Close,
    OpenSet,
    CloseSet,
    Comma,
    Number(u64),
    Address(IpAddr),
    Network(Prefix),
    Ports(u64, u64),
    Addresses(IpAddr, IpAddr),
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub kind: Kind,
    /// As written, for messages.
    pub text: String,
    pub position: usize,
}

fn word(text: &str) -> Option<Kind> {
    Some(match text {
        "ip.src" => Kind::Field(Field::Source),
        "ip.dst" => Kind::Field(Field::Destination),
        "udp.srcport" => Kind::Field(Field::SourcePort),
        "udp.dstport" => Kind::Field(Field::DestinationPort),
        "eq" => Kind::Compare(Compare::Eq),
        "ne" => Kind::Compare(Compare::Ne),
        "lt" => Kind::Compare(Compare::Lt),
        "le" => Kind::Compare(Compare::Le),
        "gt" => Kind::Compare(Compare::Gt),
        "ge" => Kind::Compare(Compare::Ge),
        "in" => Kind::In,
        "and" => Kind::And,
        "or" => Kind::Or,
        "not" => Kind::Not,
        "true" => Kind::Constant(true),
        "false" => Kind::Constant(false),
        _ => return None,
    })
}

/// A number, address, CIDR or range.
fn value(text: &str) -> Option<Kind> {
    let Some((low, high)) = text.split_once("..") else {
        return single(text);
    };
    match (single(low)?, single(high)?) {
        (Kind::Number(low), Kind::Number(high)) => Some(Kind::Ports(low, high)),
        (Kind::Address(low), Kind::Address(high)) => Some(Kind::Addresses(low, high)),
        _ => None,
    }
}

fn single(text: &str) -> Option<Kind> {
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        // Too long for a number is too large for a port: the parser says so.
        return Some(Kind::Number(text.parse().unwrap_or(u64::MAX)));
    }
    if text.contains('/') {
        return text.parse().ok().map(Kind::Network);
    }
    text.parse().ok().map(Kind::Address)
}

fn symbol(first: char, second: Option<char>) -> Option<(Kind, usize)> {
    Some(match (first, second) {
        ('=', Some('=')) => (Kind::Compare(Compare::Eq), 2),
        ('!', Some('=')) => (Kind::Compare(Compare::Ne), 2),
        ('<', Some('=')) => (Kind::Compare(Compare::Le), 2),
        ('>', Some('=')) => (Kind::Compare(Compare::Ge), 2),
        ('<', _) => (Kind::Compare(Compare::Lt), 1),
        ('>', _) => (Kind::Compare(Compare::Gt), 1),
        ('&', Some('&')) => (Kind::And, 2),
        ('|', Some('|')) => (Kind::Or, 2),
        ('!', _) => (Kind::Not, 1),
        ('(', _) => (Kind::Open, 1),
        (')', _) => (Kind::Close, 1),
        ('{', _) => (Kind::OpenSet, 1),
        ('}', _) => (Kind::CloseSet, 1),
        (',', _) => (Kind::Comma, 1),
        _ => return None,
    })
}

fn unknown(text: &str, position: usize) -> ExpressionError {
    let shown: String = text.chars().take(40).collect();
    let message = match shown.as_str() {
        "=" => "`=` is not an operator, expected `==` or `eq`".to_owned(),
        "&" => "`&` is not an operator, expected `&&` or `and`".to_owned(),
        "|" => "`|` is not an operator, expected `||` or `or`".to_owned(),
        _ => format!(
            "`{shown}` is not known, expected a field (ip.src, ip.dst, udp.srcport, udp.dstport), an operator, an \
             address, a CIDR, a port or a range of ports such as 7000..7999"
        ),
    };
    ExpressionError {
        code: "expression.syntax",
        message,
        position,
    }
}

/// All tokens of `text`, the last of them [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&first) = characters.get(at) {
        if first.is_whitespace() {
            at += 1;
            continue;
        }
        let in_word = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '/');
        let length = characters[at..].iter().take_while(|c| in_word(c)).count();
        let (kind, length) = if length > 0 {
            let text: String = characters[at..at + length].iter().collect();
            let kind = word(&text).or_else(|| value(&text));
            (kind.ok_or_else(|| unknown(&text, at))?, length)
        } else {
            symbol(first, characters.get(at + 1).copied())
                .ok_or_else(|| unknown(&first.to_string(), at))?
        };
        tokens.push(Token {
            kind,
            text: characters[at..at + length].iter().collect(),
            position: at,
        });
        at += length;
    }
    tokens.push(Token {
        kind: Kind::End,
        text: String::new(),
        position: characters.len(),
    });
    Ok(tokens)
}

//! The rules' expression language: which packets a rule looks at.
//!
//! Fields `ip.src`, `ip.dst`, `udp.srcport`, `udp.dstport`; `eq ne lt le gt ge` (`== != < <= > >=`); `in { … }` with
//! addresses, CIDRs, ports and ranges; `not and or` (`! && ||`, in this order of strength); parentheses; `true`,
//! `false`. Nothing at all is `true`.

mod parse;
mod set;
mod token;

use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;

use flowprotect_vm::packet::Flow;

use set::{AddressSet, PortSet};

/// Most characters of an expression.
pub const MAX_LENGTH: usize = 8_192;
/// Most parentheses and `not`s around one another.
pub const MAX_DEPTH: usize = 64;

/// Why an expression was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// `expression.syntax`, `expression.type`, `expression.too_long` or `expression.too_deep`.
    pub code: &'static str,
    pub message: String,
    /// In characters from 0.
    pub position: usize,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.message, self.position)
    }
}

impl std::error::Error for ExpressionError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Source,
    Destination,
    SourcePort,
    DestinationPort,
}

impl Field {
    fn is_port(self) -> bool {
        matches!(self, Self::SourcePort | Self::DestinationPort)
    }

    fn address(self, flow: &Flow) -> IpAddr {
        match self {
            Self::Source | Self::SourcePort => flow.src,
            Self::Destination | Self::DestinationPort => flow.dst,
        }
    }

    fn port(self, flow: &Flow) -> u16 {
        match self {
            Self::Source | Self::SourcePort => flow.src_port,
            Self::Destination | Self::DestinationPort => flow.dst_port,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Compare {
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Eq => order == Some(Ordering::Equal),
            Self::Ne => order != Some(Ordering::Equal),
            Self::Lt => order == Some(Ordering::Less),
            Self::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Gt => order == Some(Ordering::Greater),
            Self::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Constant(bool),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Address(Field, Compare, IpAddr),
    Port(Field, Compare, u16),
    AddressIn(Field, AddressSet),
    PortIn(Field, PortSet),
}

/// A parsed expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    root: Node,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ExpressionError`] with the place of the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.chars().nth(MAX_LENGTH).is_some() {
            return Err(ExpressionError {
                code: "expression.too_long",
                message: format!("an expression has at most {MAX_LENGTH} characters"),
                position: MAX_LENGTH,
            });
        }
        parse::parse(text).map(|root| Self { root })
    }

    /// Whether a packet of `flow` is meant.
    #[must_use]
    pub fn matches(&self, flow: &Flow) -> bool {
        evaluate(&self.root, flow)
    }
}

fn evaluate(node: &Node, flow: &Flow) -> bool {
    match node {
        Node::Constant(value) => *value,
        Node::Not(inner) => !evaluate(inner, flow),
        Node::And(all) => all.iter().all(|one| evaluate(one, flow)),
        Node::Or(any) => any.iter().any(|one| evaluate(one, flow)),
        Node::Address(field, compare, value) => {
            let seen = field.address(flow);
            // Addresses of different families are not equal, and neither is below the other.
            let order = (seen.is_ipv4() == value.is_ipv4()).then(|| seen.cmp(value));
            compare.holds(order)
        }
        Node::Port(field, compare, value) => compare.holds(Some(field.port(flow).cmp(value))),
        Node::AddressIn(field, set) => set.contains(field.address(flow)),
        Node::PortIn(field, set) => set.contains(field.port(flow)),
    }
}

#[cfg(test)]
mod tests;

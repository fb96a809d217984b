//! From tokens to a tree, by recursive descent with a bound on depth.

use super::set::{AddressSet, PortSet};
use super::token::{Kind, Token, tokens};
use super::{Compare, ExpressionError, Field, MAX_DEPTH, Node};
use crate::prefix::number;

const FIELDS: &str = "a field (ip.src, ip.dst, udp.srcport, udp.dstport), `not`, `(` or `true`";

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

pub(super) fn parse(text: &str) -> Result<Node, ExpressionError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
    };
    if parser.peek().kind == Kind::End {
        return Ok(Node::Constant(true));
    }
    let root = parser.any(0)?;
    match parser.peek().kind {
        Kind::End => Ok(root),
        _ => Err(parser.expected("`and`, `or` or the end")),
    }
}

fn wrong_type(token: &Token, message: impl Into<String>) -> ExpressionError {
    ExpressionError {
        code: "expression.type",
        message: message.into(),
        position: token.position,
    }
}

impl Parser {
    fn peek(&self) -> &Token {
        // The last token is `End`, which `next` never passes.
        &self.tokens[self.at]
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let found = self.peek().kind == *kind;
        if found {
            self.next();
        }
        found
    }

    fn expected(&self, what: &str) -> ExpressionError {
        let token = self.peek();
        let found = if token.kind == Kind::End {
            "the end".to_owned()
        } else {
            format!("`{}`", token.text)
        };
        ExpressionError {
            code: "expression.syntax",
            message: format!("expected {what}, found {found}"),
            position: token.position,
        }
    }

    fn any(&mut self, depth: usize) -> Result<Node, ExpressionError> {
        let mut nodes = vec![self.all(depth)?];
        while self.take(&Kind::Or) {
            nodes.push(self.all(depth)?);
        }
        Ok(one_or(nodes, Node::Or))
    }

    fn all(&mut self, depth: usize) -> Result<Node, ExpressionError> {
        let mut nodes = vec![self.unary(depth)?];
        while self.take(&Kind::And) {
            nodes.push(self.unary(depth)?);
        }
        Ok(one_or(nodes, Node::And))
    }

    fn unary(&mut self, depth: usize) -> Result<Node, ExpressionError> {
        if matches!(self.peek().kind, Kind::Not | Kind::Open) && depth >= MAX_DEPTH {
            return Err(ExpressionError {
                code: "expression.too_deep",
                message: format!("parentheses and `not` may be nested {MAX_DEPTH} deep"),
                position: self.peek().position,
            });
        }
        match self.peek().kind {
            Kind::Not => {
                self.next();
                Ok(Node::Not(Box::new(self.unary(depth + 1)?)))
            }
            Kind::Open => {
                self.next();
                let inner = self.any(depth + 1)?;
                if self.take(&Kind::Close) {
                    Ok(inner)
                } else {
                    Err(self.expected("`and`, `or` or `)`"))
                }
            }
            Kind::Constant(value) => {
                self.next();
                Ok(Node::Constant(value))
            }
            Kind::Field(field) => {
                self.next();
                self.comparison(field)
            }
            _ => Err(self.expected(FIELDS)),
        }
    }

    fn comparison(&mut self, field: Field) -> Result<Node, ExpressionError> {
        match self.peek().kind {
            Kind::Compare(compare) => {
                self.next();
                self.value(field, compare)
            }
            Kind::In => {
                self.next();
                self.set(field)
            }
            _ => Err(self.expected("an operator (eq, ne, lt, le, gt, ge or in)")),
        }
    }

    fn value(&mut self, field: Field, compare: Compare) -> Result<Node, ExpressionError> {
        let token = self.peek().clone();
        let node = match token.kind {
            Kind::Number(value) if field.is_port() => {
                Node::Port(field, compare, port(&token, value)?)
            }
            Kind::Address(value) if !field.is_port() => Node::Address(field, compare, value),
            Kind::Number(_) | Kind::Address(_) => return Err(other_type(field, &token)),
            Kind::Network(_) | Kind::Ports(..) | Kind::Addresses(..) => {
                return Err(wrong_type(
                    &token,
                    "networks and ranges are compared with `in { … }`",
                ));
            }
            _ => return Err(self.expected(wanted(field))),
        };
        self.next();
        Ok(node)
    }

    fn set(&mut self, field: Field) -> Result<Node, ExpressionError> {
        if !self.take(&Kind::OpenSet) {
            return Err(self.expected("`{`"));
        }
        let mut addresses = AddressSet::default();
        let mut ports = PortSet::default();
        let mut empty = true;
        loop {
            let token = self.peek().clone();
            match token.kind {
                Kind::CloseSet if !empty => break,
                Kind::Number(value) if field.is_port() => {
                    let value = port(&token, value)?;
                    ports.add(value, value);
                }
                Kind::Ports(low, high) if field.is_port() => {
                    let (low, high) = (port(&token, low)?, port(&token, high)?);
                    if low > high {
                        return Err(wrong_type(&token, "a range goes from low to high"));
                    }
                    ports.add(low, high);
                }
                Kind::Address(value) if !field.is_port() => {
                    addresses.add(value.is_ipv4(), (number(value), number(value)));
                }
                Kind::Network(prefix) if !field.is_port() => {
                    addresses.add(prefix.address.is_ipv4(), prefix.bounds());
                }
                Kind::Addresses(low, high) if !field.is_port() => {
                    if low.is_ipv4() != high.is_ipv4() || low > high {
                        return Err(wrong_type(
                            &token,
                            "a range goes from low to high in one family of addresses",
                        ));
                    }
                    addresses.add(low.is_ipv4(), (number(low), number(high)));
                }
                Kind::Number(_)
                | Kind::Ports(..)
                | Kind::Address(_)
                | Kind::Network(_)
                | Kind::Addresses(..) => return Err(other_type(field, &token)),
                _ if empty => return Err(self.expected(wanted(field))),
                _ => return Err(self.expected(&format!("{} or `}}`", wanted(field)))),
            }
            empty = false;
            self.next();
            self.take(&Kind::Comma);
        }
        self.next();
        Ok(if field.is_port() {
            Node::PortIn(field, ports.finish())
        } else {
            Node::AddressIn(field, addresses.finish())
        })
    }
}

fn one_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match (nodes.len(), nodes.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            nodes.extend(last);
            many(nodes)
        }
    }
}

fn wanted(field: Field) -> &'static str {
    if field.is_port() {
        "a port or a range of ports"
    } else {
        "an address or a CIDR"
    }
}

fn other_type(field: Field, token: &Token) -> ExpressionError {
    let message = format!("expected {}, found `{}`", wanted(field), token.text);
    wrong_type(token, message)
}

fn port(token: &Token, value: u64) -> Result<u16, ExpressionError> {
    u16::try_from(value).map_err(|_| wrong_type(token, "a port is a number from 0 to 65535"))
}

//! What a fuzzer gives bytes to: an expression.

use std::net::IpAddr;

use flowprotect_dataplane::expression::{Expression, ExpressionError};
use flowprotect_vm::packet::Flow;

/// Whether a text is refused at a place inside of it, or means the same when it is negated twice or joined with itself.
pub fn expression(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let parsed = match Expression::parse(&text) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(error.code.starts_with("expression."));
            assert!(error.position <= text.chars().count(), "{error}");
            return;
        }
    };
    let text = match text.trim() {
        "" => "true",
        text => text,
    };
    let others = [
        (format!("not ({text})"), true),
        (format!("({text}) and ({text})"), false),
        (format!("({text}) or false"), false),
    ];
    for (other, negated) in others {
        let other = match Expression::parse(&other) {
            Ok(other) => other,
            Err(ExpressionError { code, .. }) => {
                assert!(matches!(
                    code,
                    "expression.too_long" | "expression.too_deep"
                ));
                continue;
            }
        };
        for flow in flows(bytes) {
            assert_eq!(
                other.matches(&flow),
                parsed.matches(&flow) != negated,
                "{flow:?}"
            );
        }
    }
}

/// A few flows, one of them by the bytes.
fn flows(bytes: &[u8]) -> [Flow; 3] {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let flow = |src: IpAddr, src_port, dst: IpAddr, dst_port| Flow {
        src,
        src_port,
        dst,
        dst_port,
    };
    [
        flow([10, 0, 0, 1].into(), 53, [127, 0, 0, 1].into(), 7_777),
        flow(
            [0x20, 1, 0xd, 0xb8, 0, 0, 0, 1].into(),
            0,
            [0xffff; 8].into(),
            65_535,
        ),
        flow(
            [byte(0), byte(1), byte(2), byte(3)].into(),
            u16::from_le_bytes([byte(4), byte(5)]),
            [byte(6), byte(7), byte(8), byte(9)].into(),
            u16::from(byte(10)),
        ),
    ]
}

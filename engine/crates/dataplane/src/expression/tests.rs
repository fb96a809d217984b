use super::*;

fn flow(src: &str, dst: &str) -> Flow {
    let (src, dst): (std::net::SocketAddr, std::net::SocketAddr) =
        (src.parse().unwrap(), dst.parse().unwrap());
    Flow {
        src: src.ip(),
        src_port: src.port(),
        dst: dst.ip(),
        dst_port: dst.port(),
    }
}

#[test]
fn expressions_choose_packets() {
    let v4 = flow("10.1.2.3:4000", "192.0.2.1:7777");
    let v6 = flow("[2001:db8::5]:53", "[::1]:7777");
    for (text, on_v4, on_v6) in [
        ("", true, true),
        (" \n", true, true),
        ("true", true, true),
        ("false", false, false),
        ("ip.src eq 10.1.2.3", true, false),
        ("ip.src ne 10.1.2.3", false, true),
        ("ip.src in {10.0.0.0/8}", true, false),
        ("ip.src in { 2001:db8::/32 10.1.2.3 }", true, true),
        ("ip.src in {10.1.2.0..10.1.2.4, ::1}", true, false),
        ("udp.dstport == 7777", true, true),
        ("udp.srcport in {53 7000..7999}", false, true),
        ("udp.srcport >= 53 and udp.srcport < 4000", false, true),
        ("udp.srcport gt 53", true, false),
        ("udp.srcport le 53", false, true),
        ("ip.src < 10.1.2.4", true, false),
        ("not udp.srcport eq 53", true, false),
        ("!(udp.srcport eq 53) && ip.dst eq 192.0.2.1", true, false),
        ("udp.srcport eq 53 || ip.src in {10.0.0.0/8}", true, true),
        // `and` binds tighter than `or`, `not` tighter than both.
        ("true or false and false", true, true),
        ("not true or true", true, true),
        ("ip.dst in {0.0.0.0/0}", true, false),
        ("ip.dst in {::/0}", false, true),
    ] {
        let expression = Expression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(expression.matches(&v4), on_v4, "{text}");
        assert_eq!(expression.matches(&v6), on_v6, "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, code, position) in [
        ("ip.src", "expression.syntax", 6),
        ("ip.source eq 1.2.3.4", "expression.syntax", 0),
        ("ip.src eq", "expression.syntax", 9),
        ("ip.src = 1.2.3.4", "expression.syntax", 7),
        ("ip.src eq 1.2.3", "expression.syntax", 10),
        ("ip.src eq 1.2.3.4 )", "expression.syntax", 18),
        ("(ip.src eq 1.2.3.4", "expression.syntax", 18),
        ("udp.dstport in {}", "expression.syntax", 16),
        ("udp.dstport in {1 and}", "expression.syntax", 18),
        ("udp.dstport in 5", "expression.syntax", 15),
        ("and", "expression.syntax", 0),
        ("äö eq 5", "expression.syntax", 0),
        ("true é", "expression.syntax", 5),
        ("true true", "expression.syntax", 5),
        ("ip.src eq 80", "expression.type", 10),
        ("udp.dstport eq 1.2.3.4", "expression.type", 15),
        ("udp.dstport eq 65536", "expression.type", 15),
        (
            "udp.dstport eq 99999999999999999999999",
            "expression.type",
            15,
        ),
        ("udp.dstport in {8000..7000}", "expression.type", 16),
        ("ip.src eq 10.0.0.0/8", "expression.type", 10),
        ("ip.src in {10.0.0.0/33}", "expression.syntax", 11),
        ("ip.src in {::1..1.2.3.4}", "expression.type", 11),
    ] {
        let error = Expression::parse(text).expect_err(text);
        assert_eq!(
            (error.code, error.position),
            (code, position),
            "{text}: {error}"
        );
    }
    let error = Expression::parse("udp.dstport 5").unwrap_err();
    assert_eq!(
        error.message,
        "expected an operator (eq, ne, lt, le, gt, ge or in), found `5`"
    );
}

#[test]
fn length_and_depth_are_bounded() {
    let longest = format!("{:<MAX_LENGTH$}", "true");
    assert!(Expression::parse(&longest).is_ok());
    let error = Expression::parse(&format!("{longest} ")).unwrap_err();
    assert_eq!(
        (error.code, error.position),
        ("expression.too_long", MAX_LENGTH)
    );
    let nested = |n: usize| format!("{}true{}", "(".repeat(n), ")".repeat(n));
    assert!(Expression::parse(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(
        Expression::parse(&nested(MAX_DEPTH + 1)).unwrap_err().code,
        "expression.too_deep"
    );
    assert_eq!(
        Expression::parse(&"!".repeat(8_000)).unwrap_err().code,
        "expression.too_deep"
    );
}

#[test]
fn random_text_never_panics() {
    const WORDS: [&str; 30] = [
        "ip.src",
        "ip.dst",
        "udp.srcport",
        "udp.dstport",
        "eq",
        "ne",
        "<=",
        ">",
        "in",
        "and",
        "or",
        "not",
        "(",
        ")",
        "{",
        "}",
        ",",
        "1.2.3.4",
        "::1",
        "10.0.0.0/8",
        "7000..7999",
        "5",
        "true",
        "é",
        "=",
        "..",
        "/",
        ":",
        "!",
        "99999999999999999999",
    ];
    let mut state = 1u64;
    let mut next = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    let packet = flow("10.1.2.3:4000", "192.0.2.1:7777");
    let mut good = 0;
    for _ in 0..30_000 {
        let mut text = String::new();
        for _ in 0..next(12) {
            text += WORDS[next(WORDS.len())];
            text += [" ", "", " "][next(3)];
        }
        if next(4) == 0 {
            let at = next(text.chars().count() + 1);
            text = text.chars().take(at).chain(['\u{7f}', '💥']).collect();
        }
        match Expression::parse(&text) {
            Ok(expression) => {
                let _ = expression.matches(&packet);
                good += 1;
            }
            Err(error) => assert!(error.position <= text.chars().count(), "{text}"),
        }
    }
    assert!(good > 100);
}

//! The one table of FlowProtect's own helpers: verifier, compiler, header and documentation follow it.

/// The id of the first addition; those of the portable interface end far below.
pub const FIRST: i32 = 64;

/// What a register holds when a helper is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// The address of bytes to read, followed by [`Register::Size`].
    Read,
    /// The address of the bytes of a string literal, followed by [`Register::Size`].
    Literal,
    /// The address of a `uint64_t` to write, followed by [`Register::Size`], which the wrapper fills in.
    Out,
    /// How many bytes the register before points to: a constant above 0.
    Size,
    /// Any number.
    Number,
}

use Register::{Literal, Number, Out, Read, Size};

/// A helper beyond the portable interface.
#[derive(Clone, Copy, Debug)]
pub struct Addition {
    pub id: i32,
    /// As C programs know it.
    pub name: &'static str,
    /// What it returns to C.
    pub returns: &'static str,
    /// The names of r1 and on.
    pub arguments: &'static [&'static str],
    pub registers: &'static [Register],
    /// What it does, for the header and the documentation.
    pub about: &'static str,
    /// Return values and what they say.
    pub codes: &'static [(&'static str, &'static str)],
}

/// All additions, by id without a gap.
pub const ADDITIONS: &[Addition] = &[
    Addition {
        id: 64,
        name: "fp_nanos",
        returns: "uint64_t",
        arguments: &[],
        registers: &[],
        about: "Nanoseconds of a clock that never goes back, with an arbitrary start; in a replay the capture's time.",
        codes: &[("any", "nanoseconds")],
    },
    Addition {
        id: 65,
        name: "fp_siphash",
        returns: "int64_t",
        arguments: &["src", "src_len", "dest", "dest_len"],
        registers: &[Read, Size, Out, Size],
        about: "SipHash-2-4 of the bytes, under a key that only the engine knows: for tables and sampling, not for secrets of 64 bits or more.",
        codes: &[
            ("8", "the hash is in *dest"),
            ("-1", "bad src"),
            ("-2", "dest is null"),
        ],
    },
    Addition {
        id: 66,
        name: "fp_make_cookie",
        returns: "uint64_t",
        arguments: &[],
        registers: &[],
        about: "A cookie for this packet's source address and port: the first 8 bytes of HMAC-SHA256 over both as on the wire, in memory order.",
        codes: &[("any", "the cookie, under the current key")],
    },
    Addition {
        id: 67,
        name: "fp_check_cookie",
        returns: "int64_t",
        arguments: &["cookie"],
        registers: &[Number],
        about: "Whether the cookie is one of fp_make_cookie for this packet's source, under the current key or the one before.",
        codes: &[("1", "it is"), ("0", "it is not")],
    },
    Addition {
        id: 68,
        name: "fp_allow_source",
        returns: "int64_t",
        arguments: &["bucket", "rate", "burst", "cost"],
        registers: &[Number, Number, Number, Number],
        about: "Takes cost tokens from bucket number bucket of this packet's source address; it starts with burst tokens and gains rate a second.",
        codes: ALLOW,
    },
    Addition {
        id: 69,
        name: "fp_allow_prefix",
        returns: "int64_t",
        arguments: &["bucket", "rate", "burst", "cost"],
        registers: &[Number, Number, Number, Number],
        about: "The same for all sources of the /24 (IPv6: /48) together.",
        codes: ALLOW,
    },
    Addition {
        id: 70,
        name: "fp_allow_key",
        returns: "int64_t",
        arguments: &["key", "rate", "burst", "cost"],
        registers: &[Number, Number, Number, Number],
        about: "The same for a key of the program's choice, such as a session.",
        codes: ALLOW,
    },
    Addition {
        id: 71,
        name: "fp_get_source_word",
        returns: "int64_t",
        arguments: &["data", "data_len"],
        registers: &[Out, Size],
        about: "Reads the second number of this packet's source address.",
        codes: GET,
    },
    Addition {
        id: 72,
        name: "fp_set_source_word",
        returns: "int64_t",
        arguments: &["data"],
        registers: &[Number],
        about: "Sets the second number of this packet's source address.",
        codes: SET,
    },
    Addition {
        id: 73,
        name: "fp_get_flow_word",
        returns: "int64_t",
        arguments: &["data", "data_len"],
        registers: &[Out, Size],
        about: "Reads the second number of this packet's flow.",
        codes: GET,
    },
    Addition {
        id: 74,
        name: "fp_set_flow_word",
        returns: "int64_t",
        arguments: &["data"],
        registers: &[Number],
        about: "Sets the second number of this packet's flow.",
        codes: SET,
    },
    Addition {
        id: 75,
        name: "fp_pass_flow",
        returns: "int64_t",
        arguments: &["seconds"],
        registers: &[Number],
        about: "If this run passes its packet, later ones of the flow pass for that long without the program being asked. A source can be forged: only for flows that proved theirs.",
        codes: &[
            ("0", "done"),
            ("-4", "seconds is not 1 to 3600"),
            ("-5", "the table is off"),
        ],
    },
    Addition {
        id: 76,
        name: "fp_list_source",
        returns: "int64_t",
        arguments: &["name", "name_len"],
        registers: &[Literal, Size],
        about: "Looks this packet's source address up in the account's list of that name; the longest prefix counts.",
        codes: LIST,
    },
    Addition {
        id: 77,
        name: "fp_list_address",
        returns: "int64_t",
        arguments: &["name", "name_len", "address", "address_len"],
        registers: &[Literal, Size, Read, Size],
        about: "The same for an address of 4 or 16 bytes as on the wire.",
        codes: LIST,
    },
];

const ALLOW: &[(&str, &str)] = &[
    ("1", "there were enough; they are taken"),
    ("0", "there were not; none are taken"),
    (
        "-4",
        "rate or burst is 0, or a number but the first is above 4294967295",
    ),
    ("-5", "the table is off"),
];
const GET: &[(&str, &str)] = &[
    ("0", "the number is in *data"),
    ("-1", "none was set"),
    ("-4", "data is null"),
    ("-5", "the table is off"),
];
const SET: &[(&str, &str)] = &[("0", "done"), ("-5", "the table is off")];
const LIST: &[(&str, &str)] = &[
    (
        "1 + value",
        "it is in the list; value is that of the prefix, 0 where none was given",
    ),
    ("0", "it is not in the list"),
    ("-1", "bad name or address"),
    (
        "-4",
        "a name longer than 64 bytes, or an address not of 4 or 16",
    ),
    ("-5", "there is no list of that name"),
];

/// The addition with id `id`.
#[must_use]
pub fn find(id: i32) -> Option<&'static Addition> {
    ADDITIONS.get(usize::try_from(id.checked_sub(FIRST)?).ok()?)
}

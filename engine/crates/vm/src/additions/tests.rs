//! The return codes of each helper, called without a program.

use super::*;
use crate::helpers::{self, ChallengeBudget};
use crate::memory::Memory;
use crate::program::Program;
use crate::state::Tables;

const SECOND: u64 = 1_000_000_000;

struct Bench {
    memory: Memory,
    extra: Extra,
    flow: Flow,
}

impl Bench {
    fn new(extra: Extra) -> Self {
        let mut memory = Memory::new(&Program::default());
        memory.set_packet(&[0; 64], 20);
        Self {
            memory,
            extra,
            flow: Flow {
                src: [10, 0, 0, 9].into(),
                src_port: 4000,
                dst: [127, 0, 0, 1].into(),
                dst_port: 53,
            },
        }
    }

    fn off() -> Self {
        let limits = Limits {
            buckets: 0,
            good_flows: 0,
        };
        let state = StateConfig {
            source_entries: 0,
            flow_entries: 0,
        };
        let keys = Keys::new(&[0; 32], None);
        Self::new(Extra::new(limits, state, keys, Lists::default()))
    }

    fn stack(&self) -> u64 {
        self.memory.frame_pointer(0) - 64
    }

    fn try_call(&mut self, id: i32, arguments: &[u64]) -> Result<i64, BadAccess> {
        let mut registers = [0; 5];
        registers[..arguments.len()].copy_from_slice(arguments);
        let mut env = Env {
            memory: &mut self.memory,
            tables: &mut Tables::new(StateConfig::default()),
            budget: &mut ChallengeBudget::default(),
            random: &mut || 4,
            flow: self.flow,
            now: 1,
            challenges: false,
            challenge_interval: 1,
            challenges_per_second: 1,
            print: false,
            challenge: &mut Vec::new(),
            tag: 0,
            printed: Vec::new(),
            extra: &mut self.extra,
        };
        helpers::call(&mut env, id, registers)
    }

    fn call(&mut self, id: i32, arguments: &[u64]) -> i64 {
        self.try_call(id, arguments).unwrap()
    }

    fn begin(&mut self, now: u64) -> bool {
        self.extra.begin(&self.flow, now)
    }

    fn at(&self, address: u64) -> u64 {
        let bytes = self.memory.read(address, 8).unwrap();
        u64::from_le_bytes(bytes.try_into().unwrap())
    }
}

#[test]
fn the_clock_is_the_packet_s() {
    let mut bench = Bench::new(Extra::default());
    bench.begin(77);
    assert_eq!(bench.call(64, &[]), 77);
}

#[test]
fn siphash_says_what_is_missing() {
    let mut bench = Bench::new(Extra::default());
    let stack = bench.stack();
    assert_eq!(bench.call(65, &[0, 8, stack, 8]), -1);
    assert_eq!(bench.call(65, &[stack, 8, 0, 8]), -2);
    assert_eq!(bench.call(65, &[stack, 8, stack, 7]), -2);
    assert_eq!(bench.call(65, &[stack, 8, stack + 8, 8]), 8);
    let hash = siphash::siphash(bench.extra.keys.sip(), &[0; 8]);
    assert_eq!(bench.at(stack + 8), hash);
    assert!(bench.try_call(65, &[7, 8, stack, 8]).is_err());
    assert!(bench.try_call(65, &[stack, u64::MAX, stack, 8]).is_err());
}

#[test]
fn cookies_outlive_one_change_of_the_key() {
    let [old, new, newest] = [[1; 32], [2; 32], [3; 32]];
    let mut bench = Bench::new(Extra::default());
    bench.extra.keys = Keys::new(&old, None);
    let cookie = bench.call(66, &[]).cast_unsigned();
    // HMAC-SHA256 of 0a000009 0fa0 under 32 bytes of 1, in memory order.
    let mut mac = <hmac::SimpleHmac<sha2::Sha256> as hmac::Mac>::new_from_slice(&old).unwrap();
    hmac::Mac::update(&mut mac, &[10, 0, 0, 9, 0x0f, 0xa0]);
    let expected = hmac::Mac::finalize(mac).into_bytes();
    assert_eq!(cookie.to_le_bytes(), expected[..8]);
    assert_eq!(bench.call(67, &[cookie]), 1);
    assert_eq!(bench.call(67, &[cookie ^ 1]), 0);
    bench.extra.keys = Keys::new(&new, Some(&old));
    assert_eq!(bench.call(67, &[cookie]), 1);
    assert_ne!(bench.call(66, &[]).cast_unsigned(), cookie);
    bench.flow.src_port += 1;
    assert_eq!(bench.call(67, &[cookie]), 0);
    bench.flow.src_port -= 1;
    bench.extra.keys = Keys::new(&newest, Some(&new));
    assert_eq!(bench.call(67, &[cookie]), 0);
}

#[test]
fn buckets_have_limits_and_owners() {
    let mut bench = Bench::new(Extra::default());
    for id in 68..=70 {
        assert_eq!(bench.call(id, &[1, 10, 2, 2]), 1);
        assert_eq!(bench.call(id, &[1, 10, 2, 1]), 0);
        assert_eq!(bench.call(id, &[2, 10, 2, 1]), 1);
        for wrong in [
            [1, 0, 2, 1],
            [1, 1, 0, 1],
            [1, 1 << 32, 1, 1],
            [1, 1, 1 << 32, 1],
            [1, 1, 1, 1 << 32],
        ] {
            assert_eq!(bench.call(id, &wrong), -4);
        }
        assert_eq!(Bench::off().call(id, &[1, 1, 1, 1]), -5);
    }
    bench.flow.src = [10, 0, 0, 10].into();
    let answers: Vec<i64> = (68..=70).map(|id| bench.call(id, &[1, 10, 2, 1])).collect();
    assert_eq!(answers, [1, 0, 0]);
    bench.begin(SECOND / 10);
    assert_eq!(bench.call(69, &[1, 10, 2, 1]), 1);
}

#[test]
fn the_least_used_bucket_goes_first() {
    let mut bench = Bench::new(Extra::new(
        Limits {
            buckets: 2,
            good_flows: 0,
        },
        StateConfig::default(),
        Keys::new(&[0; 32], None),
        Lists::default(),
    ));
    let answers: Vec<i64> = [1, 2, 1, 3, 1, 2]
        .iter()
        .map(|key| bench.call(70, &[*key, 1, 1, 1]))
        .collect();
    assert_eq!(answers, [1, 1, 0, 1, 0, 1]);
}

#[test]
fn second_numbers_are_got_and_set() {
    let mut bench = Bench::new(Extra::default());
    let stack = bench.stack();
    for (get, set) in [(71, 72), (73, 74)] {
        assert_eq!(bench.call(get, &[stack, 8]), -1);
        assert_eq!(bench.call(get, &[0, 8]), -4);
        assert_eq!(bench.call(get, &[stack, 7]), -3);
        assert_eq!(bench.call(set, &[u64::MAX]), 0);
        assert_eq!(bench.call(get, &[stack, 8]), 0);
        assert_eq!(bench.at(stack), u64::MAX);
        let mut off = Bench::off();
        assert_eq!(off.call(set, &[1]), -5);
        assert_eq!(off.call(get, &[stack, 8]), -5);
    }
    bench.flow.src_port += 1;
    assert_eq!(bench.call(71, &[stack, 8]), 0);
    assert_eq!(bench.call(73, &[stack, 8]), -1);
}

#[test]
fn a_flow_is_good_for_a_while_once_it_passed() {
    let mut bench = Bench::new(Extra::default());
    for wrong in [0, 3_601, u64::MAX] {
        assert_eq!(bench.call(75, &[wrong]), -4);
    }
    assert_eq!(Bench::off().call(75, &[1]), -5);
    assert!(!bench.begin(SECOND));
    assert_eq!(bench.call(75, &[2]), 0);
    // Not yet: the verdict is not known.
    assert!(!bench.begin(SECOND));
    assert_eq!(bench.call(75, &[2]), 0);
    let flow = bench.flow;
    bench.extra.passed(&flow);
    assert!(bench.begin(SECOND) && bench.begin(3 * SECOND - 1));
    bench.flow.dst_port += 1;
    assert!(!bench.begin(SECOND));
    bench.flow.dst_port -= 1;
    assert!(!bench.begin(3 * SECOND) && !bench.begin(SECOND));
}

#[test]
fn lists_say_what_is_missing() {
    let mut bench = Bench::new(Extra::default());
    let prefixes = vec![([10, 0, 0, 0].into(), 8, 7)];
    bench.extra.lists = Lists::new([("\0\0".to_owned(), prefixes)]);
    let stack = bench.stack();
    assert_eq!(bench.call(76, &[stack, 2]), 8);
    assert_eq!(bench.call(76, &[stack, 3]), -5);
    assert_eq!(bench.call(76, &[stack, 65]), -4);
    assert_eq!(bench.call(76, &[0, 2]), -1);
    for (length, code) in [(4, 0), (16, 0), (0, -4), (5, -4), (u64::MAX, -4)] {
        assert_eq!(bench.call(77, &[stack, 2, stack, length]), code);
    }
    assert_eq!(bench.call(77, &[stack, 2, 0, 4]), -1);
    assert_eq!(bench.call(77, &[0, 2, stack, 4]), -1);
    assert!(bench.try_call(77, &[stack, 2, 7, 4]).is_err());
}

#[test]
fn work_costs_fuel() {
    assert_eq!(helpers::cost(64, [0; 5]), 8);
    assert_eq!(helpers::cost(65, [0, 1_000, 0, 0, 0]), 1_032);
    assert!(helpers::cost(67, [0; 5]) > helpers::cost(66, [0; 5]));
    assert!(helpers::cost(77, [0, u64::MAX, 0, 0, 0]) > 0xffff);
}

#[test]
fn there_is_nothing_behind_the_table() {
    let mut bench = Bench::off();
    for id in [
        63,
        table::FIRST + table::ADDITIONS.len() as i32,
        i32::MAX,
        i32::MIN,
    ] {
        assert!(bench.try_call(id, &[]).is_err());
        assert_eq!(helpers::name(id), None);
    }
}

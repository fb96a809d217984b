//! Many packets at once: received where the program finds them, run one after the other, with outcomes in memory that
//! was made ready before.

use std::sync::Arc;

use super::{Clock, Decided, Instance, RunError, SKIPPED, decided, ended, environment};
use crate::helpers::MAX_CHALLENGE;
use crate::interp;
use crate::memory::Memory;
use crate::packet::{Flow, Headers, parse};
use crate::program::Program;

/// Why a packet is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    #[error("not a UDP packet of at most 1,500 bytes")]
    NotUdp,
    #[error("all slots of the batch are taken")]
    Full,
}

impl BatchError {
    /// A stable machine-readable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotUdp => "batch.not_udp",
            Self::Full => "batch.full",
        }
    }
}

/// A packet with all memory that a run on it can reach: no slot sees anything of another.
struct Slot {
    memory: Memory,
    flow: Flow,
    challenge: Vec<u8>,
    printed: Vec<String>,
}

/// Slots for packets of one program. Nothing is allocated for a packet that is passed or dropped.
pub struct Batch {
    program: Arc<Program>,
    slots: Vec<Slot>,
    filled: usize,
    results: Vec<Result<Decided, RunError>>,
}

impl Batch {
    /// Makes `capacity` slots for `program`: address space of several hundred KiB each, of which a few pages are used.
    #[must_use]
    pub fn new(program: &Arc<Program>, capacity: usize) -> Self {
        let nobody = Flow {
            src: [0; 4].into(),
            src_port: 0,
            dst: [0; 4].into(),
            dst_port: 0,
        };
        let slot = |index| Slot {
            memory: Memory::coloured(program, index),
            flow: nobody,
            challenge: Vec::with_capacity(MAX_CHALLENGE),
            printed: Vec::new(),
        };
        Self {
            program: Arc::clone(program),
            slots: (0..capacity).map(slot).collect(),
            filled: 0,
            results: Vec::with_capacity(capacity),
        }
    }

    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Packets in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.filled
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Forgets packets and outcomes.
    pub fn clear(&mut self) {
        self.filled = 0;
        self.results.clear();
    }

    /// Where the next packet is to be received, from its IP header on: 1,500 bytes. [`Self::received`] then takes it.
    ///
    /// # Errors
    /// [`BatchError::Full`]
    pub fn buffer(&mut self) -> Result<&mut [u8], BatchError> {
        let slot = self.slots.get_mut(self.filled).ok_or(BatchError::Full)?;
        Ok(slot.memory.buffer())
    }

    /// Takes the packet of `length` bytes that is in [`Self::buffer`], and returns its flow.
    ///
    /// # Errors
    /// [`BatchError`]; the buffer is then free for another packet.
    pub fn received(&mut self, length: usize) -> Result<Flow, BatchError> {
        let slot = self.slots.get_mut(self.filled).ok_or(BatchError::Full)?;
        let headers = headers(slot.memory.packet(length))?;
        slot.memory.received(length, headers.ip_length);
        Ok(self.taken(headers.flow))
    }

    /// Copies a packet in, and returns its flow.
    ///
    /// # Errors
    /// [`BatchError`]
    pub fn push(&mut self, packet: &[u8]) -> Result<Flow, BatchError> {
        let slot = self.slots.get_mut(self.filled).ok_or(BatchError::Full)?;
        let headers = headers(packet)?;
        slot.memory.put_packet(packet, headers.ip_length);
        Ok(self.taken(headers.flow))
    }

    /// [`Self::push`] of a packet of at most 1,500 bytes whose headers were read before.
    ///
    /// # Errors
    /// [`BatchError::Full`]
    pub fn push_parsed(&mut self, packet: &[u8], headers: &Headers) -> Result<(), BatchError> {
        let slot = self.slots.get_mut(self.filled).ok_or(BatchError::Full)?;
        slot.memory.put_packet(packet, headers.ip_length);
        self.taken(headers.flow);
        Ok(())
    }

    fn taken(&mut self, flow: Flow) -> Flow {
        let slot = &mut self.slots[self.filled];
        slot.flow = flow;
        slot.challenge.clear();
        slot.printed.clear();
        self.filled += 1;
        flow
    }

    /// The outcomes of the last run, in order of arrival. See [`Self::challenge`] and [`Self::printed`] for the rest.
    pub fn results(&self) -> &[Result<Decided, RunError>] {
        &self.results
    }

    /// The payload of the answer to the source of packet `index`, if the program wants one sent.
    ///
    /// # Panics
    /// Where there is no such packet.
    #[must_use]
    pub fn challenge(&self, index: usize) -> Option<&[u8]> {
        let payload = self.slots[..self.filled][index].challenge.as_slice();
        (!payload.is_empty()).then_some(payload)
    }

    /// What the run on packet `index` printed.
    ///
    /// # Panics
    /// Where there is no such packet.
    #[must_use]
    pub fn printed(&self, index: usize) -> &[String] {
        &self.slots[..self.filled][index].printed
    }
}

fn headers(packet: &[u8]) -> Result<Headers, BatchError> {
    parse(packet).headers().ok_or(BatchError::NotUdp)
}

impl Instance {
    /// An empty batch for the program of this instance.
    #[must_use]
    pub fn batch(&self, capacity: usize) -> Batch {
        Batch::new(&self.program, capacity)
    }

    /// Runs the program on the packets of `batch` in order of arrival, as [`Self::run`] would on each.
    ///
    /// # Panics
    /// Where the batch was made for another program.
    pub fn run_batch(&mut self, batch: &mut Batch, now: Clock, random: &mut dyn FnMut() -> u64) {
        self.run_slots(batch, |_| now, random);
    }

    /// [`Self::run_batch`] with the time of each packet in `times`.
    ///
    /// # Panics
    /// Where the batch was made for another program, or there are not as many times as packets.
    pub fn run_batch_at(
        &mut self,
        batch: &mut Batch,
        times: &[Clock],
        random: &mut dyn FnMut() -> u64,
    ) {
        assert_eq!(batch.len(), times.len(), "each packet has its time");
        self.run_slots(batch, |index| times[index], random);
    }

    fn run_slots(
        &mut self,
        batch: &mut Batch,
        time: impl Fn(usize) -> Clock,
        random: &mut dyn FnMut() -> u64,
    ) {
        assert!(
            Arc::ptr_eq(&batch.program, &self.program),
            "a batch is run by its own program"
        );
        batch.results.clear();
        let (slots, results) = (&mut batch.slots[..batch.filled], &mut batch.results);
        let limit = self.settings.fuel;
        if let Some(code) = &self.code
            && !code.calls_helpers()
        {
            results.extend(slots.iter_mut().map(|slot| {
                slot.memory.begin();
                let mut fuel = limit;
                let result = code.run_alone(&mut slot.memory, &mut fuel)?;
                decided(result, 0, limit - fuel)
            }));
            return;
        }
        let mut slots = slots.iter_mut();
        let Some(first) = slots.next() else {
            return;
        };
        let mut printed = &mut first.printed;
        let mut env = environment(
            &self.settings,
            (&mut first.memory, &mut first.challenge),
            &mut self.kept,
            &first.flow,
            time(0),
            random,
        );
        loop {
            let now = time(results.len());
            env.now = now.unix_nanos / 1_000_000_000;
            let result = if env.extra.begin(&env.flow, now.monotonic_nanos) {
                Ok(SKIPPED)
            } else {
                env.memory.begin();
                env.challenge.clear();
                let mut fuel = limit;
                let result = match &self.code {
                    Some(code) => code.run(&mut env, &mut fuel),
                    None => interp::run(&self.program, &mut env, &mut fuel),
                };
                ended(result, &mut env, limit - fuel)
            };
            results.push(result);
            if !env.printed.is_empty() {
                std::mem::swap(printed, &mut env.printed);
                env.printed.clear();
            }
            let Some(slot) = slots.next() else {
                return;
            };
            env.memory = &mut slot.memory;
            env.challenge = &mut slot.challenge;
            env.flow = slot.flow;
            env.tag = 0;
            printed = &mut slot.printed;
        }
    }
}

//! Sliding windows as two generations, the current and the one before.
//!
//! A window of width *w* that began its current generation *e* seconds ago is estimated as
//!
//! ```text
//! current + previous × (1 − e / w), rounded down
//! ```
//!
//! as if the previous generation's events were spread evenly. A counter takes four bytes
//! instead of a list of times. The price: a burst is remembered for one to two widths, fading
//! in the second. Rounding is in favour of the client.
//!
//! Generations are **anchored at the first event**, not at the full hour, and anchored again
//! after a window was empty. So the first width of any burst is counted exactly, and
//! `over: 10` means ten. All counters of an entry share one anchor per width.

use crate::time::Window;

use super::layout::uses;
use crate::state::bytes::{ByteReader, ByteWriter, U24_MAX};
use crate::state::kind::EntryKind;

/// What the passing of time does to the generations of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WindowStep {
    /// The current generation continues.
    Same,
    /// A new generation begins, the current one becomes the previous.
    Next,
    /// Two widths passed: both generations are forgotten.
    Gone,
}

/// How far into its current generation a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WindowPhase {
    pub(crate) elapsed: u32,
    pub(crate) width: u32,
}

impl WindowPhase {
    /// `previous × (1 − elapsed / width)`, rounded down.
    pub(crate) fn fade(self, previous: u32) -> u32 {
        let left = u64::from(self.width.saturating_sub(self.elapsed));
        let faded = u64::from(previous) * left / u64::from(self.width.max(1));
        u32::try_from(faded).unwrap_or(u32::MAX)
    }
}

/// When the current generation of each window began, in seconds since the epoch; `None`
/// while a window is empty: its next event anchors it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Anchors([Option<u32>; 4]);

impl Anchors {
    fn of(&mut self, window: Window) -> &mut Option<u32> {
        let [minute, ten_minutes, hour, day] = &mut self.0;
        match window {
            Window::Minute => minute,
            Window::TenMinutes => ten_minutes,
            Window::Hour => hour,
            Window::Day => day,
        }
    }

    /// Moves a window to `now`. Returns what that does to its counters.
    pub(crate) fn step(&mut self, window: Window, now: u32) -> WindowStep {
        let anchor = self.of(window);
        let Some(start) = *anchor else { return WindowStep::Same };
        let (elapsed, width) = (now.saturating_sub(start), window.seconds());
        if elapsed < width {
            WindowStep::Same
        } else if elapsed - width < width {
            *anchor = Some(start + width);
            WindowStep::Next
        } else {
            *anchor = None;
            WindowStep::Gone
        }
    }

    /// Anchors an empty window at an event.
    pub(crate) fn anchor(&mut self, window: Window, now: u32) {
        self.of(window).get_or_insert(now);
    }

    /// Drops the anchor of a window that is empty.
    pub(crate) fn release(&mut self, window: Window) {
        *self.of(window) = None;
    }

    /// How far into its generation a window is at `now`.
    pub(crate) fn phase(mut self, window: Window, now: u32) -> WindowPhase {
        let start = self.of(window).unwrap_or(now);
        WindowPhase { elapsed: now.saturating_sub(start), width: window.seconds() }
    }

    /// Moves the anchors with a clock that was set back.
    pub(crate) fn set_back(&mut self, seconds: u32) {
        for start in self.0.iter_mut().flatten() {
            *start = start.saturating_sub(seconds);
        }
    }

    /// Bytes of one window's anchor in an entry: enough for its width, and a value for none.
    pub(crate) const fn bytes(window: Window) -> usize {
        match window {
            Window::Minute => 1,
            Window::TenMinutes | Window::Hour => 2,
            Window::Day => 3,
        }
    }

    /// Stores seconds since the anchor rather than the anchor: 8 bytes instead of 16.
    pub(crate) fn encode(self, kind: EntryKind, touched: u32, out: &mut ByteWriter<'_>) {
        for (window, anchor) in Window::ALL.into_iter().zip(self.0) {
            if !uses(kind, window) {
                continue;
            }
            let since = anchor.map_or(u32::MAX, |start| touched.saturating_sub(start));
            match Self::bytes(window) {
                1 => out.u8(u8::try_from(since).unwrap_or(u8::MAX)),
                2 => out.u16(u16::try_from(since).unwrap_or(u16::MAX)),
                _ => out.u24(since),
            }
        }
    }

    pub(crate) fn decode(kind: EntryKind, touched: u32, from: &mut ByteReader<'_>) -> Self {
        Self(Window::ALL.map(|window| {
            if !uses(kind, window) {
                return None;
            }
            let since = match Self::bytes(window) {
                1 => u32::from(from.u8()),
                2 => u32::from(from.u16()),
                _ => from.u24(),
            };
            // The values for none (255, 65,535, 2²⁴ − 1) are all past their width.
            debug_assert!(window.seconds() < U24_MAX);
            if since < window.seconds() { touched.checked_sub(since) } else { None }
        }))
    }
}

/// One counter over one window. Saturates at 65,535 a generation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WindowCounter {
    pub(crate) current: u16,
    pub(crate) previous: u16,
}

impl WindowCounter {
    pub(crate) const BYTES: usize = 4;

    pub(crate) fn add(&mut self) {
        self.current = self.current.saturating_add(1);
    }

    /// Takes one event back, the latest first.
    pub(crate) fn take_back(&mut self) {
        let current = self.current.min(1);
        self.current -= current;
        self.previous = self.previous.saturating_sub(1 - current);
    }

    pub(crate) fn step(&mut self, step: WindowStep) {
        match step {
            WindowStep::Same => {}
            WindowStep::Next => *self = Self { current: 0, previous: self.current },
            WindowStep::Gone => *self = Self::default(),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }

    pub(crate) fn estimate(self, phase: WindowPhase) -> u32 {
        u32::from(self.current) + phase.fade(u32::from(self.previous))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A counter with its anchor, used as an entry uses them.
    #[derive(Default)]
    struct Sliding(Anchors, WindowCounter);

    impl Sliding {
        fn advance(&mut self, now: u32) {
            let step = self.0.step(Window::Hour, now);
            self.1.step(step);
            if self.1.is_empty() {
                self.0.release(Window::Hour);
            }
        }
        fn event(&mut self, now: u32) {
            self.advance(now);
            self.0.anchor(Window::Hour, now);
            self.1.add();
        }
        fn estimate(&mut self, now: u32) -> u32 {
            self.advance(now);
            self.1.estimate(self.0.phase(Window::Hour, now))
        }
    }

    proptest! {
        #[test]
        fn first_width_after_an_idle_time_is_exact(
            start in 0u32..2_000_000_000,
            mut offsets in prop::collection::vec(0u32..3_600, 1..200),
        ) {
            offsets.sort_unstable();
            let first = start + offsets[0];
            let mut sliding = Sliding::default();
            for (seen, offset) in (1u32..).zip(&offsets) {
                sliding.event(start + offset);
                prop_assert_eq!(sliding.estimate(start + offset), seen);
            }
            prop_assert_eq!(sliding.estimate(first + 3_599), u32::try_from(offsets.len()).unwrap());
            prop_assert_eq!(sliding.estimate(first + 2 * 3_600), 0);
        }

        /// Never below what the last width holds of this generation, never above two widths.
        #[test]
        fn estimate_lies_between_one_generation_and_two_widths(
            gaps in prop::collection::vec(0u32..2_000, 1..100),
        ) {
            let (mut now, mut times, mut sliding) = (1_000_000, Vec::new(), Sliding::default());
            for gap in gaps {
                now += gap;
                times.push(now);
                sliding.event(now);
                let estimate = sliding.estimate(now);
                let within = |width: u32| times.iter().filter(|t| now - **t < width).count();
                prop_assert!(estimate >= 1);
                prop_assert!(estimate as usize <= within(2 * 3_600));
            }
        }
    }

    #[test]
    fn steady_stream_is_estimated_within_one_percent() {
        let mut sliding = Sliding::default();
        for now in (10_000..40_000).step_by(6) {
            sliding.event(now);
            if now > 20_000 {
                let estimate = sliding.estimate(now);
                assert!((594..=606).contains(&estimate), "{estimate} at {now}, not 600");
            }
        }
    }

    #[test]
    fn counters_saturate() {
        let mut counter = WindowCounter { current: u16::MAX, previous: u16::MAX };
        counter.add();
        let phase = WindowPhase { elapsed: 0, width: 60 };
        assert_eq!(counter.estimate(phase), 2 * u32::from(u16::MAX));
    }

    #[test]
    fn anchors_are_read_as_stored() {
        let mut anchors = Anchors::default();
        anchors.anchor(Window::Minute, 990);
        anchors.anchor(Window::Day, 20);
        let mut bytes = [0; 8];
        anchors.encode(EntryKind::Ip, 1_000, &mut ByteWriter(&mut bytes));
        assert_eq!(Anchors::decode(EntryKind::Ip, 1_000, &mut ByteReader(&bytes)), anchors);
    }
}

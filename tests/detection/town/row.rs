//! A row: a trace, how it is replayed, and its bars.

/// A bar in per cent, or in times for [`TownRow::most`].
#[derive(Clone, Copy)]
pub(crate) struct Bar {
    /// What must be.
    pub aim: f64,
    /// What is reached, where the aim is not. The test holds it.
    pub today: Option<f64>,
}

impl Bar {
    /// The number that the test holds.
    pub(crate) fn held(self) -> f64 {
        self.today.unwrap_or(self.aim)
    }
}

/// What counts as stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Attempts.
    Attempts,
    /// Attempts that would have succeeded; attempts if these are fewer than [`FEW`].
    Takeovers,
}

/// So few takeovers say nothing about a share.
pub(crate) const FEW: u64 = 30;

/// A trace with its bars.
#[derive(Clone, Copy)]
pub(crate) struct TownRow {
    /// The name in the table.
    pub name: &'static str,
    /// The name in `unstuff simulate`.
    pub scenario: &'static str,
    /// More arguments for `unstuff replay`.
    pub replay: &'static [&'static str],
    /// The number of people; none for the usual one.
    pub people: Option<&'static str>,
    /// What is counted comes this long after the trace's begin.
    pub after: &'static str,
    /// What must be stopped of the attack, at least.
    pub attack: Option<(Counted, Bar)>,
    /// The label of the people that the bars below are about, or its beginning.
    pub about: &'static str,
    /// The most of their attempts that are challenged.
    pub challenged: Option<Bar>,
    /// The most of their attempts that are stopped.
    pub stopped: Option<Bar>,
    /// The most of their attempts that are blocked.
    pub blocked: Option<Bar>,
    /// How often the worst-hit hundredth of all people may be challenged or blocked, on average.
    pub worst: Option<Bar>,
    /// How often anybody may be challenged or blocked.
    pub most: Option<Bar>,
}

/// A bar that is reached.
pub(crate) const fn bar(aim: f64) -> Bar {
    Bar { aim, today: None }
}

/// A bar that is not reached yet.
pub(crate) const fn aim(aim: f64, today: f64) -> Bar {
    Bar { aim, today: Some(today) }
}

/// A trace without bars, counted from its sixth day.
pub(crate) const fn row(scenario: &'static str) -> TownRow {
    TownRow {
        name: scenario,
        scenario,
        replay: &[],
        people: None,
        after: "120h",
        attack: None,
        about: "benign/",
        challenged: None,
        stopped: None,
        blocked: None,
        worst: None,
        most: None,
    }
}

impl TownRow {
    pub(crate) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
    pub(crate) const fn replayed(self, replay: &'static [&'static str]) -> Self {
        Self { replay, ..self }
    }
    pub(crate) const fn of_people(self, people: &'static str) -> Self {
        Self { people: Some(people), ..self }
    }
    pub(crate) const fn after(self, after: &'static str) -> Self {
        Self { after, ..self }
    }
    pub(crate) const fn takeovers(self, bar: Bar) -> Self {
        Self { attack: Some((Counted::Takeovers, bar)), ..self }
    }
    pub(crate) const fn attempts(self, bar: Bar) -> Self {
        Self { attack: Some((Counted::Attempts, bar)), ..self }
    }
    pub(crate) const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
    pub(crate) const fn challenged(self, bar: Bar) -> Self {
        Self { challenged: Some(bar), ..self }
    }
    pub(crate) const fn stopped(self, bar: Bar) -> Self {
        Self { stopped: Some(bar), ..self }
    }
    pub(crate) const fn blocked(self, bar: Bar) -> Self {
        Self { blocked: Some(bar), ..self }
    }
    pub(crate) const fn worst(self, bar: Bar) -> Self {
        Self { worst: Some(bar), ..self }
    }
    pub(crate) const fn most(self, bar: Bar) -> Self {
        Self { most: Some(bar), ..self }
    }
}

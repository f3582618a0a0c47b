//! Parameters of scenarios: each with its default, meaning and source in one place, so that
//! `--list`, `--set` and the generators cannot disagree.
//!
//! A set of parameters is a plain struct, declared by the `parameters!` macro. A field's type says
//! how its value is written on the command line and what is allowed.

use std::str::FromStr;

/// A parameter, as `--list` shows it.
pub struct ParameterRow {
    /// The name for `--set`.
    pub name: String,
    /// The present value, as `--set` takes it.
    pub value: String,
    /// What it means.
    pub what: &'static str,
    /// The source of the default.
    pub source: &'static str,
}

/// A set of parameters with names.
pub trait Parameters {
    /// Sets the parameter `name`. Returns none if there is no such parameter.
    fn set(&mut self, name: &str, value: &str) -> Option<Result<(), String>>;
    /// All parameters, in the order of declaration.
    fn rows(&self) -> Vec<ParameterRow>;
}

/// A value on the command line. Its error says what is allowed.
pub(crate) trait ParameterValue: Sized {
    /// Parses the value.
    fn read(text: &str) -> Result<Self, String>;
    /// Writes the value as [`ParameterValue::read`] takes it.
    fn show(&self) -> String;
}

/// A share from 0 to 1; also written as `8%`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fraction(pub f64);

impl ParameterValue for Fraction {
    fn read(text: &str) -> Result<Self, String> {
        let number = match text.strip_suffix('%') {
            Some(percent) => percent.parse().map(|number: f64| number / 100.0),
            None => text.parse(),
        };
        match number {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self(share)),
            _ => Err("give a share from 0 to 1, or a percentage as 8%".into()),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A number of at least 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount(pub f64);

impl ParameterValue for Amount {
    fn read(text: &str) -> Result<Self, String> {
        match f64::from_str(text) {
            Ok(number) if (0.0..=1e9).contains(&number) => Ok(Self(number)),
            _ => Err("give a number from 0 to 1e9".into()),
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A whole number; also written as `30_000`.
impl ParameterValue for u64 {
    fn read(text: &str) -> Result<Self, String> {
        match Self::from_str(&text.replace('_', "")) {
            Ok(number) if number <= 1_000_000_000 => Ok(number),
            _ => Err("give a whole number from 0 to 1_000_000_000".into()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// A duration in seconds, written with a unit: `90s`, `15m`, `3h`, `2d`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeSpan(pub f64);

impl TimeSpan {
    /// A duration in hours.
    pub const fn hours(hours: f64) -> Self {
        Self(hours * 3600.0)
    }

    /// A duration in minutes.
    pub const fn minutes(minutes: f64) -> Self {
        Self(minutes * 60.0)
    }
}

const UNITS: [(char, f64); 4] = [('d', 86400.0), ('h', 3600.0), ('m', 60.0), ('s', 1.0)];

impl ParameterValue for TimeSpan {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || "give a time with its unit: 90s, 15m, 3h or 2d".to_owned();
        let (digits, unit) = UNITS
            .iter()
            .find_map(|&(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
            .ok_or_else(wrong)?;
        match f64::from_str(digits) {
            Ok(number) if (0.0..=1e6).contains(&number) => Ok(Self(number * unit)),
            _ => Err(wrong()),
        }
    }

    fn show(&self) -> String {
        let whole = |&&(_, seconds): &&(char, f64)| self.0 > 0.0 && self.0 % seconds == 0.0;
        let (unit, seconds) = UNITS.iter().find(whole).copied().unwrap_or(('s', 1.0));
        format!("{}{unit}", self.0 / seconds)
    }
}

/// When something begins in a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StartTime {
    /// In the middle of the trace.
    Middle,
    /// This long after the trace begins.
    After(TimeSpan),
}

impl ParameterValue for StartTime {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "middle" => Ok(Self::Middle),
            _ => TimeSpan::read(text)
                .map(Self::After)
                .map_err(|error| format!("{error}, or `middle`")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Middle => "middle".into(),
            Self::After(span) => span.show(),
        }
    }
}

/// Declares a set of parameters, each with its meaning, type, default and source.
macro_rules! parameters {
    ($(#[$meta:meta])* pub struct $Name:ident {
        $( $(#[doc = $what:literal])+ $field:ident: $type:ty = $default:expr, $source:literal; )*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Name { $( $(#[doc = $what])+ pub $field: $type, )* }

        impl Default for $Name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        impl $crate::parameters::Parameters for $Name {
            fn set(&mut self, name: &str, value: &str) -> Option<Result<(), String>> {
                use $crate::parameters::ParameterValue;
                match name.replace('-', "_").as_str() {
                    $( stringify!($field) => {
                        Some(<$type>::read(value).map(|value| self.$field = value))
                    } )*
                    _ => None,
                }
            }

            fn rows(&self) -> Vec<$crate::parameters::ParameterRow> {
                use $crate::parameters::ParameterValue;
                vec![ $( $crate::parameters::ParameterRow {
                    name: stringify!($field).replace('_', "-"),
                    value: self.$field.show(),
                    what: concat!($($what),+).trim(),
                    source: $source,
                }, )* ]
            }
        }
    };
}

/// Declares a choice of words.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $Name:ident { $( $(#[$doc:meta])+ $Variant:ident = $word:literal, )* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name { $( $(#[$doc])+ $Variant, )* }

        impl $crate::parameters::ParameterValue for $Name {
            fn read(text: &str) -> Result<Self, String> {
                match text {
                    $( $word => Ok(Self::$Variant), )*
                    _ => Err(format!("give one of {}", [$( $word ),*].join(", "))),
                }
            }

            fn show(&self) -> String {
                match self { $( Self::$Variant => $word.into(), )* }
            }
        }
    };
}

pub(super) use {choice, parameters};

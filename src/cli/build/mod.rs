//! `unstuff build`: a breached-password filter from lists of hashes or passwords.
//!
//! Two ways to one end. A list sorted by hash, as HIBP's are, is turned into shards as it is
//! read. Any other is first sorted, through temporary files ([`spill`]). Either way runs of
//! sorted keys reach the [`assemble::Assembler`], which writes one shard after the other, so
//! memory does not grow with the list: reading, parsing, hashing and filling is done on all
//! cores ([`pool`]), and what is under way at once is bounded.

mod args;
mod assemble;
mod blocks;
mod decompress;
mod estimate;
mod fill;
mod lines;
mod pool;
mod ranges;
mod report;
mod source;
mod spill;
mod top;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::{Result, bail, ensure};
use unstuff_engine::breached::{FilterHeader, FilterShape, Sha1Digest};

pub use args::Args;
use args::Order;
use assemble::{Assembler, Run};
use estimate::{Expected, Fill};
use fill::Filler;
use lines::{Form, Found};
use report::Report;
use source::{Job, Sources, Text};
use spill::Spill;
use top::Histogram;

use crate::atomic_file::{AtomicFile, folder_of};
use crate::format;
use crate::progress::Progress;

/// Memory for buckets being sorted, or sorted and waiting, in bytes.
const SORTING_MEMORY: usize = 28 << 20;

/// Runs the subcommand.
pub fn run(args: Args) -> Result<ExitCode> {
    let output = AtomicFile::create(&args.output)?;
    let folder = folder_of(&args.output);
    let sources = Sources::open(&args.input, args.top.is_some(), folder)?;
    let mut build = Build {
        args: &args,
        sources: &sources,
        form: args.form(),
        keys: args.keys.map(Expected::Given),
        least_count: u64::MAX,
        report: Report::new(args.strict, args.order() == Order::Sorted),
        progress: Progress::bytes("building", sources.total()),
    };
    let (header, expected, fill) = build.write(&output)?;
    let report = build.report.warning();
    drop(build.progress);

    let mut warnings = fill.warnings(expected, args.fp_rate);
    warnings.extend(report);
    if let Some(missing) = sources.missing_ranges().filter(|missing| *missing > 0) {
        let missing = format::count(missing.into());
        warnings.push(format!("{missing} of the 1,048,576 ranges are missing"));
    }
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    ensure!(
        fill.keys > 0,
        "nothing to build: no line was taken; is it the right kind of list? (--passwords, --pairs)"
    );
    output.finish()?;
    let len = header.shape.file_len();
    println!(
        "{}: {} {}, {}, {:.1} bits a key, {} false positives",
        args.output.display(),
        format::count(fill.keys),
        header.kind,
        format::bytes(len),
        len as f64 * 8.0 / fill.keys as f64,
        format::rate(fill.fp_rate()),
    );
    Ok(ExitCode::SUCCESS)
}

/// One build, on its way.
struct Build<'a> {
    args: &'a Args,
    sources: &'a Sources,
    form: Form,
    /// The number of keys, if it is known before.
    keys: Option<Expected>,
    least_count: u64,
    report: Report,
    progress: Progress,
}

impl Build<'_> {
    /// Writes the filter.
    fn write(&mut self, output: &AtomicFile) -> Result<(FilterHeader, Expected, Fill)> {
        if let Some(top) = self.args.top {
            self.cut(top)?;
        }
        let shape = OnceLock::new();
        let mut assembler = Assembler::new(output.file(), self.args.fp_rate, self.keys, &shape)?;
        match self.args.order() {
            Order::Sorted => self.stream(&shape, &mut assembler)?,
            Order::Any => {
                let spill = self.deal()?;
                self.sort(&spill, &shape, &mut assembler)?;
            }
        }
        let least_count = if self.least_count == u64::MAX { 0 } else { self.least_count };
        assembler.finish(|shape, keys, checksum| FilterHeader {
            kind: self.args.kind(),
            shape,
            keys,
            fp_rate: self.args.fp_rate,
            min_count: least_count,
            date: self.args.date(),
            source: self.args.source(),
            checksum,
        })
    }

    /// Finds the count to cut at, in a pass of its own.
    fn cut(&mut self, top: u64) -> Result<()> {
        let mut histogram = Histogram::new();
        let sources = self.sources;
        let mut progress = Progress::bytes("counting", sources.total());
        pool::in_order(
            pool::workers(),
            |jobs| sources.read(|job| jobs.push(job)),
            || |job: Job| Ok(Histogram::read(job.range, &text_of(sources, job.text)?)),
            |part: Result<Histogram>| {
                histogram.merge(&part?);
                progress.at(sources.read_so_far(), 0);
                Ok(())
            },
        )?;
        let cut = histogram.cut(top);
        if cut.keys == 0 {
            bail!("--top {top}: more than that are seen equally often, most of all; raise it");
        }
        let Form::Hashes { min_count } = &mut self.form else { bail!("--top needs counts") };
        if cut.min_count > *min_count {
            *min_count = cut.min_count;
            // With --unsorted, hashes that are there twice are counted twice.
            if self.args.order() == Order::Sorted && self.keys.is_none() {
                self.keys = Some(Expected::Counted(cut.keys));
            }
        }
        Ok(())
    }

    /// Sorted lists: straight into shards.
    fn stream(
        &mut self,
        shape: &OnceLock<FilterShape>,
        assembler: &mut Assembler<'_>,
    ) -> Result<()> {
        let (sources, form) = (self.sources, self.form);
        pool::in_order(
            pool::workers(),
            |jobs| sources.read(|job| jobs.push(job)),
            || {
                let mut to_run = Runs::new(shape);
                move |job: Job| -> Result<_> {
                    let mut found = Found::read(form, job.range, &text_of(sources, job.text)?);
                    // Out of order, they cannot be put into shards; the report stops at it.
                    let keys = std::mem::take(&mut found.keys);
                    let sorted = found.out_of_order.is_none();
                    let run = if sorted { to_run.run(keys)? } else { None };
                    Ok((job.origin, found, run))
                }
            },
            |worked: Result<(Arc<str>, Found, Option<Run>)>| {
                let (origin, found, run) = worked?;
                self.report.add(&origin, &found, &self.progress)?;
                self.least_count = self.least_count.min(found.least_count);
                if let Some(run) = run {
                    assembler.add(run)?;
                }
                self.progress.at(sources.read_so_far(), assembler.keys());
                Ok(())
            },
        )
    }

    /// Other lists, first half: into buckets.
    fn deal(&mut self) -> Result<Spill> {
        let mut spill = Spill::new(folder_of(&self.args.output));
        let (sources, form) = (self.sources, self.form);
        let mut keys = 0;
        pool::in_order(
            pool::workers(),
            |jobs| sources.read(|job| jobs.push(job)),
            || {
                |job: Job| -> Result<_> {
                    let text = text_of(sources, job.text)?;
                    Ok((job.origin, Found::read(form, job.range, &text)))
                }
            },
            |worked: Result<(Arc<str>, Found)>| {
                let (origin, found) = worked?;
                self.report.add(&origin, &found, &self.progress)?;
                self.least_count = self.least_count.min(found.least_count);
                keys += found.keys.len() as u64;
                spill.add(&found.keys)?;
                self.progress.at(sources.read_so_far(), keys);
                Ok(())
            },
        )?;
        spill.settle()?;
        Ok(spill)
    }

    /// Other lists, second half: bucket by bucket, sorted, into shards.
    fn sort(
        &mut self,
        spill: &Spill,
        shape: &OnceLock<FilterShape>,
        assembler: &mut Assembler<'_>,
    ) -> Result<()> {
        // The pool has two jobs for each worker under way, and one is being collected.
        let at_once = SORTING_MEMORY / spill.largest().max(1);
        pool::in_order(
            pool::workers().min(at_once.saturating_sub(1) / 2).max(1),
            |jobs| {
                let _ = (0..spill.buckets()).all(|bucket| jobs.push(bucket));
                Ok(())
            },
            || {
                let mut to_run = Runs::new(shape);
                move |bucket| to_run.run(spill.sorted(bucket)?)
            },
            |run: Result<Option<Run>>| {
                if let Some(run) = run? {
                    assembler.add(run)?;
                }
                self.progress.at(self.sources.read_so_far(), assembler.keys());
                Ok(())
            },
        )
    }
}

fn text_of(sources: &Sources, text: Text) -> Result<Vec<u8>> {
    match text {
        Text::Lines(lines) => Ok(lines),
        Text::File(path) => sources.read_file(&path),
    }
}

/// A worker's way from keys to runs: into shards as soon as the shape is known.
struct Runs<'a> {
    shape: &'a OnceLock<FilterShape>,
    filler: Option<Filler>,
}

impl<'a> Runs<'a> {
    fn new(shape: &'a OnceLock<FilterShape>) -> Self {
        Self { shape, filler: None }
    }

    fn run(&mut self, keys: Vec<Sha1Digest>) -> Result<Option<Run>> {
        if self.filler.is_none() {
            self.filler = self.shape.get().map(|shape| Filler::new(*shape)).transpose()?;
        }
        Ok(match &mut self.filler {
            Some(filler) => filler.fill(&keys).map(Run::Shards),
            None => Some(Run::Keys(keys)),
        })
    }
}

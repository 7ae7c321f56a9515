//! What an ensemble says of itself: `run.json`, its members in `metrics.json`, and `curves.csv`.

use super::judged::Judged;
use super::member::Member;
use crate::run::table::csv;
use crate::run::{Averaged, AveragedMember};
use needledrop_bundle::{Norm, RunRecord};
use std::collections::BTreeMap;

/// Name of the model in run records and model files.
pub const NAME: &str = "ensemble";

/// The members' preset, if they have one in common.
pub(super) fn preset(members: &[Member]) -> String {
    let preset = &members[0].record.preset;
    let same = members.iter().all(|it| it.record.preset == *preset);
    if same { preset } else { "mixed" }.to_owned()
}

/// Parameters of all members.
pub(super) fn parameters(members: &[Member]) -> u64 {
    members.iter().map(|it| it.record.parameters).sum()
}

/// What is said of the members' pretrained weights, once each.
fn notes(members: &[Member]) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for note in members.iter().flat_map(|it| &it.record.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    notes
}

/// `run.json`; the window is that of the member `longest`.
pub(super) fn record(members: &[Member], longest: &Member) -> RunRecord {
    let first = &members[0].record;
    let same = members.iter().all(|it| it.record.norm == first.norm);
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    for (name, version) in members.iter().flat_map(|it| &it.record.versions) {
        let known = versions.entry(name.clone()).or_default();
        if !known.split(", ").any(|known| known == version) {
            let between = if known.is_empty() { "" } else { ", " };
            known.push_str(between);
            known.push_str(version);
        }
    }
    versions.insert(NAME.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    RunRecord {
        model: NAME.to_owned(),
        preset: preset(members),
        norm: if same { first.norm } else { Norm::Mixed },
        window: longest.record.window,
        seed: 0,
        parameters: parameters(members),
        pretrained_sha256: None,
        notes: notes(members),
        versions,
        members: members.iter().map(Member::listed).collect(),
        ..first.clone()
    }
}

/// The members with their own figures, as `metrics.json` has them.
pub(super) fn averaged(members: &[Member], judged: &Judged) -> Averaged {
    let labels = &members[0].record.labels;
    let of = |(index, member): (usize, &Member)| AveragedMember {
        run: member.name(),
        model: member.record.model.clone(),
        seed: member.record.seed,
        windows: judged.figures_of(index, labels),
    };
    Averaged {
        valid_from: judged.from,
        left_out_windows: judged.left_out,
        members: members.iter().enumerate().map(of).collect(),
    }
}

/// `curves.csv`: nothing was trained, so it has the members' figures.
pub(super) fn curves(averaged: &Averaged) -> Vec<u8> {
    let header = [
        "member", "run", "model", "seed", "log_loss", "accuracy", "macro_f1",
    ]
    .map(str::to_owned);
    let members = averaged.members.iter().enumerate();
    let rows = members.map(|(index, member)| {
        [
            (index + 1).to_string(),
            member.run.clone(),
            member.model.clone(),
            member.seed.to_string(),
            member.windows.log_loss.to_string(),
            member.windows.accuracy.to_string(),
            member.windows.macro_f1.to_string(),
        ]
    });
    csv(std::iter::once(header).chain(rows))
}

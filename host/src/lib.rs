//! `needledrop`, the workstation side's command line.

pub mod cli;

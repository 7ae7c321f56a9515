//! `needledrop data`: what can be done with data sets beside preparing them, a module a subcommand.

mod import_npy;
mod inspect;
mod merge;

/// Look at data, or import features of other programs.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Inspect(inspect::Args),
    Merge(merge::Args),
    ImportNpy(import_npy::Args),
}

impl Args {
    /// Runs it.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Inspect(args) => args.run(),
            Command::Merge(args) => args.run(),
            Command::ImportNpy(args) => args.run(),
        }
    }
}

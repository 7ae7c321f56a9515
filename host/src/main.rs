//! `needledrop`: exit-code policy around [`needledrop_host::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    needledrop_host::cli::main()
}

//! What is in a package `needledrop-model-NAME`: a model in, the package out.
use super::fields::{Fields, Package, pack};
use super::release::Release;
use super::tree::{Tree, gzip};
use crate::flash::model::BoardModel;
use anyhow::{Result, bail};

/// One model at a time: with apt, installing another takes the place of the one there is; dpkg refuses it until then.
const RELATIONS: &str = "Depends: needledrop\nProvides: needledrop-model\n\
                         Conflicts: needledrop-model\nReplaces: needledrop-model\n";

const DESCRIPTION: &str = " The network that needledrop-device runs, sealed by tools/export. Its card,\n \
    beside the copyright file, says what it knows, how well, and what it was\n \
    trained on.\n .\n \
    One model is installed at a time.\n";

/// Makes the package of a model, its signature, its card and the licence notices that lie beside it.
///
/// # Errors
/// The model's name has nothing that a package's name may have.
pub fn model_package(model: &BoardModel, release: &Release) -> Result<Package> {
    let name = format!("needledrop-model-{}", name_part(&model.name)?);
    let documents = format!("usr/share/doc/{name}");
    let mut data = Tree::default();
    data.file("usr/share/needledrop/model.onnx", model.onnx.clone());
    if let Some(signature) = &model.signature {
        data.file("usr/share/needledrop/model.onnx.minisig", signature.clone());
    }
    if let Some(card) = &model.card {
        data.file(format!("{documents}/card.md.gz"), gzip(card)?);
    }
    for (notice, bytes) in &model.notices {
        data.file(format!("{documents}/{notice}"), bytes.clone());
    }
    data.file(format!("{documents}/copyright"), text!("model-copyright"));

    let mut control = Tree::default();
    control.program("postinst", text!("model-postinst"));
    // The digest tells two trainings of the same name apart.
    let digest = model.sha256.get(..8).unwrap_or_default();
    let release = release.of_other(digest);
    let fields = Fields {
        name: &name,
        architecture: "all",
        relations: RELATIONS,
        synopsis: &format!("model {} for needledrop", model.name),
        description: DESCRIPTION,
    };
    pack(&fields, &release, control, data)
}

/// The model's name as Debian allows it in a package's: lower-case letters, digits, `+`, `-`, `.`.
fn name_part(name: &str) -> Result<String> {
    let allowed =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
    let part: String = name
        .to_lowercase()
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect();
    if !part.contains(|c: char| c.is_ascii_alphanumeric()) {
        bail!(
            "the model's name {name:?} gives no package name; export it again with a name of letters and digits"
        );
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::name_part;

    #[test]
    fn names_are_as_debian_has_them() {
        assert_eq!(name_part("My_Model.v2").unwrap(), "my-model.v2");
        assert!(name_part("__").is_err());
    }
}

//! TLS to the broker: which certificate authorities are believed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use rumqttc::Transport;
use rumqttc::tokio_rustls::rustls::pki_types::CertificateDer;
use rumqttc::tokio_rustls::rustls::pki_types::pem::PemObject as _;
use rumqttc::tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// TLS that believes the authorities of a PEM file, or of this system when none is given.
///
/// # Errors
/// There is no certificate in the file or in the system, or it can't be read.
pub(super) fn transport(ca: Option<&Path>) -> Result<Transport> {
    let roots = match ca {
        Some(path) => from_file(path)?,
        None => of_the_system()?,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("could not set up TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Transport::tls_with_config(config.into()))
}

fn from_file(path: &Path) -> Result<RootCertStore> {
    let name = path.display();
    let text = fs::read(path).with_context(|| format!("could not read {name}"))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.with_context(|| format!("could not read {name} as PEM"))?;
        roots
            .add(certificate)
            .with_context(|| format!("a certificate of {name} can't be used"))?;
    }
    if roots.is_empty() {
        bail!("{name} holds no certificate; give a file with BEGIN CERTIFICATE in it");
    }
    Ok(roots)
}

/// Systems carry roots that rustls can't read: those are left out, as browsers do.
fn of_the_system() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        bail!(
            "this system has no list of certificate authorities; install ca-certificates, or give --mqtt-ca"
        );
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::transport;

    #[test]
    fn a_file_without_a_certificate_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let said = || format!("{:#}", transport(Some(&path)).err().unwrap());
        assert!(said().contains("ca.pem"));
        std::fs::write(&path, "no certificate").unwrap();
        assert!(said().contains("holds no certificate"));
        std::fs::write(
            &path,
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        )
        .unwrap();
        assert!(said().contains("can't be used"));
    }
}

//! The agent's key: in a keystore, in the environment, or at AWS or Google Cloud. Never an argument.
use alloy::primitives::{Address, B256, keccak256};
use alloy::signers::Signer;
use alloy::signers::local::{LocalSigner, PrivateKeySigner};
use anyhow::{Context, Result, bail, ensure};
use chain::sign::compact;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The environment variable with the key, hexadecimal.
pub const KEY: &str = "PLUMBLINE_AGENT_KEY";
/// The environment variable with the keystore's password.
pub const PASSWORD: &str = "PLUMBLINE_KEYSTORE_PASSWORD";

/// Signs digests; cheap to clone.
#[derive(Clone)]
pub struct Key(Arc<dyn Signer + Send + Sync>);

/// Where the key lies.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// A file of encrypted Web3 Secret Storage.
    pub keystore: Option<PathBuf>,
    /// Its password; without one that of [`PASSWORD`].
    pub password_file: Option<PathBuf>,
    /// Id, ARN or alias of a key at AWS KMS.
    pub aws: Option<String>,
    /// `projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V` of Google Cloud KMS.
    pub gcp: Option<String>,
}

impl Key {
    /// A key in this process's memory.
    pub fn local(key: PrivateKeySigner) -> Self {
        Self(Arc::new(key))
    }

    /// What agreements name.
    pub fn address(&self) -> Address {
        self.0.address()
    }

    /// A digest's signature in 64 bytes (EIP-2098).
    ///
    /// # Errors
    /// What holds the key does not answer, or refuses.
    pub async fn sign(&self, digest: B256) -> Result<[u8; 64], alloy::signers::Error> {
        Ok(compact(&self.0.sign_hash(&digest).await?))
    }
}

/// The key of a place.
///
/// # Errors
/// No place or more than one is given, or there is no key in it.
pub async fn read(place: &Place) -> Result<Key> {
    place.check()?;
    if let Some(id) = &place.aws {
        return aws(id).await;
    }
    if let Some(name) = &place.gcp {
        return gcp(name).await;
    }
    local(place).map(Key::local)
}

/// A key in a keystore or in the environment.
///
/// # Errors
/// None or more than one is given, it lies elsewhere, or it is no key.
pub fn local(place: &Place) -> Result<PrivateKeySigner> {
    place.check()?;
    ensure!(place.aws.is_none() && place.gcp.is_none(), "this key does not leave where it lies");
    if let Some(path) = &place.keystore {
        let password = password(place.password_file.as_deref())?;
        return LocalSigner::decrypt_keystore(path, password).with_context(|| format!("keystore {}", path.display()));
    }
    let text = std::env::var(KEY).unwrap_or_default();
    let Ok(key) = text.trim().parse() else { bail!("{KEY} is not a private key: 32 bytes in hexadecimal") };
    Ok(key)
}

/// What positions' keys derived from while the relayer held the agent's key.
pub fn former_positions(key: &PrivateKeySigner) -> B256 {
    keccak256([b"plumbline position keys".as_slice(), key.to_bytes().as_slice()].concat())
}

impl Place {
    fn check(&self) -> Result<()> {
        let in_environment = std::env::var_os(KEY).is_some();
        let given = [self.keystore.is_some(), self.aws.is_some(), self.gcp.is_some(), in_environment];
        match given.iter().filter(|given| **given).count() {
            0 => bail!("no key: name --keystore, --aws-kms or --gcp-kms, or set {KEY}"),
            1 => {}
            _ => bail!("more than one key is given: leave one of --keystore, --aws-kms, --gcp-kms and {KEY}"),
        }
        ensure!(self.password_file.is_none() || self.keystore.is_some(), "--password-file goes with --keystore");
        Ok(())
    }
}

fn password(file: Option<&Path>) -> Result<String> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file).with_context(|| format!("password file {}", file.display()))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    std::env::var(PASSWORD).with_context(|| format!("name --password-file, or set {PASSWORD}"))
}

#[cfg(feature = "aws")]
async fn aws(id: &str) -> Result<Key> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let client = alloy::signers::aws::aws_sdk_kms::Client::new(&config);
    let signer = alloy::signers::aws::AwsSigner::new(client, id.to_owned(), None).await;
    Ok(Key(Arc::new(signer.with_context(|| format!("key {id} at AWS KMS"))?)))
}

#[cfg(not(feature = "aws"))]
async fn aws(_: &str) -> Result<Key> {
    bail!("this build has no AWS KMS: build it with `cargo build --package plumbline-agent --features aws`")
}

#[cfg(feature = "gcp")]
async fn gcp(name: &str) -> Result<Key> {
    use alloy::signers::gcp::gcloud_sdk::GoogleApi;
    use alloy::signers::gcp::gcloud_sdk::google::cloud::kms::v1::key_management_service_client::KeyManagementServiceClient;
    use alloy::signers::gcp::{GcpKeyRingRef, GcpSigner, KeySpecifier};
    let parts: Vec<&str> = name.split('/').collect();
    let ["projects", project, "locations", location, "keyRings", ring, "cryptoKeys", key, "cryptoKeyVersions", version] =
        parts[..]
    else {
        bail!("--gcp-kms is projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V, not {name}")
    };
    let version = version.parse().with_context(|| format!("version of {name}"))?;
    let client =
        GoogleApi::from_function(KeyManagementServiceClient::new, "https://cloudkms.googleapis.com", None).await;
    let client = client.context("connecting to Google Cloud KMS")?;
    let specifier = KeySpecifier::new(GcpKeyRingRef::new(project, location, ring), key, version);
    let signer = GcpSigner::new(client, specifier, None).await;
    Ok(Key(Arc::new(signer.with_context(|| format!("key {name} at Google Cloud KMS"))?)))
}

#[cfg(not(feature = "gcp"))]
async fn gcp(_: &str) -> Result<Key> {
    bail!("this build has no Google Cloud KMS: build it with `cargo build --package plumbline-agent --features gcp`")
}

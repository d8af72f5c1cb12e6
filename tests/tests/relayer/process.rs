//! The relayer and its calculation agent as processes of their own, which a test can kill.
use localnet::{Actor, AgentProcess, Localnet, positions_key};
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Relayer {
    child: Child,
    /// Ends with it.
    _agent: AgentProcess,
    http: reqwest::Client,
    url: String,
}

/// A status, and the body as JSON.
pub type Answer = (u16, Value);

impl Relayer {
    /// Starts the binary with its journal in `folder`; returns once it listens.
    pub fn start(net: &Localnet, folder: &Path, options: &[&str]) -> Self {
        let deployment = folder.join("deployment.json");
        net.deployment.save(&deployment).expect("the deployment can be written");
        let key = |actor: &Actor| actor.key.to_bytes().to_string();
        let agent = AgentProcess::start(net, &net.actors.agent.key, folder, &[]).expect("the agent starts");
        let mut child = Command::new(binary())
            .args(["--rpc-url", &net.rpc_url(), "--listen", "127.0.0.1:0", "--poll", "10"])
            .arg("--deployment")
            .arg(&deployment)
            .arg("--journal")
            .arg(folder.join("journal.sqlite"))
            .args(options)
            .env("RELAYER_KEY", key(&net.actors.relayer))
            .env("POSITIONS_KEY", positions_key().to_string())
            .env("RELAYER_AGENTS", agent.named())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the relayer starts");
        let mut url = String::new();
        let out = child.stdout.take().expect("its output is piped");
        BufReader::new(out).read_line(&mut url).expect("it says where it listens");
        Self { child, _agent: agent, http: reqwest::Client::new(), url: url.trim().to_owned() }
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(self) {
        drop(self);
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.http.get(format!("{}{path}", self.url))).await.expect("an answer")
    }

    /// Posts a body as it is, under this idempotency key if there is one.
    pub async fn post(&self, key: Option<&str>, body: impl Into<String>) -> Answer {
        self.try_post(key, body).await.expect("an answer")
    }

    /// `None` where the connection broke.
    pub async fn try_post(&self, key: Option<&str>, body: impl Into<String>) -> Option<Answer> {
        let request = self.http.post(format!("{}/v1/fill-batches", self.url)).header(CONTENT_TYPE, "application/json");
        let request = key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", key));
        answer(request.body(body.into())).await
    }

    /// Posts a batch that must be taken.
    pub async fn accept(&self, key: &str, body: &Value) -> Value {
        let (status, answer) = self.post(Some(key), body.to_string()).await;
        assert_eq!(status, 202, "{answer}");
        answer
    }

    /// Asks for a fill until it stands as wanted.
    pub async fn until(&self, id: &str, state: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (_, fill) = self.get(&format!("/v1/fills/{id}")).await;
            if fill["state"] == state {
                return fill;
            }
            assert!(Instant::now() < deadline, "fill {id} is not {state}: {fill}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Option<Answer> {
    let response = request.send().await.ok()?;
    let (status, text) = (response.status().as_u16(), response.text().await.ok()?);
    Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

impl Drop for Relayer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `relayer` beside the folder of this test's binary.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    let folder = test.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let binary = folder.join("relayer");
    assert!(binary.exists(), "{} is missing; run `cargo build --package plumbline-relayer` first", binary.display());
    binary
}

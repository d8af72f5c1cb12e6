//! One proposal to one or two agents, on connections that stay open.
use super::compare::{Difference, difference};
use super::config::AgentsConfig;
use alloy::primitives::{Address, B256};
use chain::proposal::{Proposal, Reason, Refusal, Signature};
use chain::sign::recover;
use parking_lot::Mutex;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use utoipa::ToSchema;

/// Pause between two looks at whether the agents are there.
const LOOK: Duration = Duration::from_secs(2);
/// How long a connection stays open without a proposal.
const IDLE: Duration = Duration::from_secs(300);

/// Cheap to clone.
#[derive(Clone)]
pub struct Agents {
    http: reqwest::Client,
    token: Option<String>,
    seats: Arc<[Seat]>,
    difference: Arc<Mutex<Option<Difference>>>,
}

struct Seat {
    address: Address,
    url: String,
    word: Mutex<Word>,
}

/// How an agent does.
#[derive(Clone, Default)]
struct Word {
    /// Why it does not answer.
    silent: Option<String>,
    /// Its last refusal since it last signed.
    refusal: Option<String>,
    signed: u64,
    refused: u64,
    /// Of the last signature.
    took: Option<Duration>,
}

/// An agent, as the status shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeatView {
    #[schema(value_type = String)]
    pub agent: Address,
    pub url: String,
    /// It answers.
    pub ok: bool,
    /// Why it does not answer, or why it did not sign last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Sets, since the start of this process.
    pub signed: u64,
    pub refused: u64,
    /// How long the last signature took, microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_micros: Option<u64>,
}

/// What asking came to.
pub enum Asked {
    /// A signature of each, in their order.
    Signed(Vec<[u8; 64]>),
    /// These books are to be shown.
    Books(Vec<u64>),
    /// An earlier proposal was signed and may land yet.
    Standing(Box<Proposal>, NotSigned),
    NotSigned(NotSigned),
}

/// Why a set is not signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSigned {
    /// The account that it is about, where it is about one.
    pub account: Option<u64>,
    pub detail: String,
}

enum Answer {
    Signature([u8; 64]),
    Refused(Box<Refusal>),
    Silent(String),
}

impl Agents {
    /// # Errors
    /// The system has no room for an HTTP client.
    pub fn new(config: &AgentsConfig) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().timeout(config.timeout).pool_idle_timeout(IDLE).tcp_nodelay(true);
        let seats = config.list.iter().map(|at| Seat {
            address: at.address,
            url: at.url.clone(),
            word: Mutex::new(Word::default()),
        });
        Ok(Self {
            http: http.build()?,
            token: config.token.clone(),
            seats: seats.collect(),
            difference: Arc::default(),
        })
    }

    /// Asks the agents at the same time. `digest` is what each must sign.
    pub async fn ask(&self, agents: &[Address], proposal: &Proposal, digest: B256) -> Asked {
        let body = match serde_json::to_vec(proposal) {
            Ok(body) => body,
            Err(error) => return Asked::NotSigned(NotSigned { account: None, detail: error.to_string() }),
        };
        let asked = agents.iter().map(|agent| self.ask_one(*agent, body.clone(), digest));
        let answers = futures::future::join_all(asked).await;
        let words: Vec<_> = agents
            .iter()
            .copied()
            .zip(&answers)
            .filter_map(|(agent, answer)| match answer {
                Answer::Signature(_) => Some((agent, Ok(()))),
                Answer::Refused(refusal) => Some((agent, Err(refusal.as_ref()))),
                Answer::Silent(_) => None,
            })
            .collect();
        self.compare(&words);
        conclude(agents, answers)
    }

    fn compare(&self, words: &[(Address, Result<(), &Refusal>)]) {
        let found = difference(words);
        if let Some(found) = &found {
            tracing::warn!(difference = %found, "an agent computes something else");
        }
        let all_sign = words.iter().all(|(_, word)| word.is_ok());
        if found.is_some() || all_sign {
            *self.difference.lock() = found;
        }
    }

    async fn ask_one(&self, agent: Address, body: Vec<u8>, digest: B256) -> Answer {
        let Some(seat) = self.seats.iter().find(|seat| seat.address == agent) else {
            return Answer::Silent(format!("agent {agent} is not named: start the relayer with --agent {agent}=URL"));
        };
        let started = Instant::now();
        let answer = self.post(seat, body, digest).await.unwrap_or_else(|error| Answer::Silent(shown(&error)));
        let mut word = seat.word.lock();
        word.silent = None;
        match &answer {
            Answer::Signature(_) => {
                (word.refusal, word.took) = (None, Some(started.elapsed()));
                word.signed += 1;
            }
            Answer::Refused(refusal) => {
                word.refusal = Some(refusal.to_string());
                word.refused += 1;
            }
            Answer::Silent(why) => {
                tracing::warn!(%agent, url = seat.url, why, "the agent does not answer");
                word.silent = Some(why.clone());
            }
        }
        answer
    }

    async fn post(&self, seat: &Seat, body: Vec<u8>, digest: B256) -> Result<Answer, reqwest::Error> {
        let request = self.http.post(format!("{}/v1/sets", seat.url)).header("content-type", "application/json");
        let request = self.token.iter().fold(request, |request, token| request.bearer_auth(token));
        let response = request.body(body).send().await?;
        let (status, bytes) = (response.status(), response.bytes().await?);
        if !status.is_success() {
            let refusal = serde_json::from_slice::<Refusal>(&bytes);
            let text = || format!("{status}: {}", String::from_utf8_lossy(&bytes));
            return Ok(refusal.map_or_else(|_| Answer::Silent(text()), |refusal| Answer::Refused(Box::new(refusal))));
        }
        let Ok(signature) = serde_json::from_slice::<Signature>(&bytes) else {
            return Ok(Answer::Silent("the answer is no signature".to_owned()));
        };
        let compact: Option<[u8; 64]> = signature.signature[..].try_into().ok();
        Ok(match compact.filter(|compact| recover(digest, compact) == Some(seat.address)) {
            Some(compact) => Answer::Signature(compact),
            None => Answer::Silent(format!(
                "it signed {} as {}, and {digest} is to be signed by {}",
                signature.digest, signature.agent, seat.address
            )),
        })
    }

    /// Looks again and again whether the agents are there, until `stop` turns true.
    pub async fn watch(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            for seat in &*self.seats {
                let silent = self.look(seat).await.err();
                seat.word.lock().silent = silent;
            }
            let _ = tokio::time::timeout(LOOK, stop.wait_for(|stop| *stop)).await;
        }
    }

    async fn look(&self, seat: &Seat) -> Result<(), String> {
        let answer = self.http.get(format!("{}/healthz", seat.url)).send().await.map_err(|error| shown(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let text = answer.text().await.unwrap_or_default();
        Err(format!("it is not well: {status}: {text}"))
    }

    pub fn view(&self) -> Vec<SeatView> {
        let view = |seat: &Seat| {
            let word = seat.word.lock().clone();
            SeatView {
                agent: seat.address,
                url: seat.url.clone(),
                ok: word.silent.is_none(),
                detail: word.silent.or(word.refusal),
                signed: word.signed,
                refused: word.refused,
                last_micros: word.took.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX)),
            }
        };
        self.seats.iter().map(view).collect()
    }

    /// What an agent computed otherwise when it was last asked; `None` once all sign again.
    pub fn difference(&self) -> Option<Difference> {
        self.difference.lock().clone()
    }
}

/// With its causes: reqwest's own text leaves out what happened.
fn shown(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// All sign, or the weightiest reason why not: a book to show, a set that stands, a refusal, silence.
fn conclude(agents: &[Address], answers: Vec<Answer>) -> Asked {
    let (mut signatures, mut books, mut refusals, mut silent) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (agent, answer) in agents.iter().zip(answers) {
        match answer {
            Answer::Signature(signature) => signatures.push(signature),
            Answer::Refused(refusal) if refusal.reason == Reason::BooksUnknown && !refusal.accounts.is_empty() => {
                books.extend(refusal.accounts)
            }
            Answer::Refused(refusal) => refusals.push((*agent, refusal)),
            Answer::Silent(why) => silent.push(format!("agent {agent} does not answer: {why}")),
        }
    }
    if signatures.len() == agents.len() {
        return Asked::Signed(signatures);
    }
    if !books.is_empty() && refusals.is_empty() && silent.is_empty() {
        return Asked::Books(books);
    }
    let account = refusals.iter().find_map(|(_, refusal)| refusal.account);
    let said = refusals.iter().map(|(agent, refusal)| format!("agent {agent} does not sign: {refusal}"));
    let detail = said.chain(silent).collect::<Vec<_>>().join("; ");
    let not = NotSigned { account, detail };
    let standing = refusals.into_iter().find_map(|(_, refusal)| refusal.standing);
    match standing {
        Some(standing) => Asked::Standing(standing, not),
        None => Asked::NotSigned(not),
    }
}

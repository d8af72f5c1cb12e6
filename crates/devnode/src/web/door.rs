//! The services that requests pass on their way to JSON-RPC.

use super::envelope::Envelope;
use super::origins::Origins;
use super::{MAX_REQUEST, refused, stranger};
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use jsonrpsee::core::BoxError;
use jsonrpsee::server::http::response;
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::Service;

type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

/// See [`super::guard`].
#[derive(Debug, Clone)]
pub struct Guard<S> {
    pub inner: S,
    pub origins: Arc<Origins>,
}

impl<S> Service<HttpRequest> for Guard<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Answer {
        match stranger(&request, &self.origins) {
            Some(why) => Box::pin(async { Ok(refused(why)) }),
            None => Box::pin(self.inner.call(request)),
        }
    }
}

/// See [`super::envelopes`].
#[derive(Debug, Clone)]
pub struct Envelopes<S> {
    pub inner: S,
}

impl<S> Service<HttpRequest> for Envelopes<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Answer {
        let mut inner = self.inner.clone();
        if request.method() != Method::POST {
            return Box::pin(inner.call(request));
        }
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let Ok(body) = Limited::new(body, MAX_REQUEST as usize).collect().await else {
                return Ok(response::too_large(MAX_REQUEST));
            };
            let body = body.to_bytes();
            let Some(envelope) = Envelope::unusual(&body) else {
                return inner.call(HttpRequest::from_parts(parts, HttpBody::from(body.to_vec()))).await;
            };
            let Some(rewritten) = envelope.requests() else { return Ok(reply(envelope.answer(b"[]"))) };
            let answer = inner.call(HttpRequest::from_parts(parts, HttpBody::from(rewritten))).await?;
            if answer.status() != StatusCode::OK {
                return Ok(answer);
            }
            let answers = answer.into_body().collect().await?.to_bytes();
            Ok(reply(envelope.answer(&answers)))
        })
    }
}

/// An answer, or nothing where nothing is to be answered.
fn reply(answer: Option<String>) -> HttpResponse {
    match answer {
        Some(answer) => response::ok_response(answer),
        None => {
            let mut response = HttpResponse::new(HttpBody::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
    }
}

//! What stands before JSON-RPC on HTTP: who may ask, and requests in every form that the standard allows.

mod door;
mod envelope;
mod origins;

use http::header::ORIGIN;
use jsonrpsee::server::{HttpRequest, HttpResponse};
pub use origins::{OriginError, Origins};
use std::sync::Arc;
use tower::layer::layer_fn;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

/// Largest request: a transaction at the size limit, as hexadecimal text, many times over.
pub const MAX_REQUEST: u32 = 16 * 1024 * 1024;

/// Lets browsers in from `origins`, and tells them so.
pub fn cors(origins: Arc<Origins>) -> CorsLayer {
    let allowed = match *origins {
        Origins::Any => AllowOrigin::any(),
        _ => AllowOrigin::predicate(move |origin, _| origin.to_str().is_ok_and(|origin| origins.allow(origin))),
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .allow_private_network(true)
}

/// Refuses requests of pages from elsewhere, WebSocket handshakes too, which no browser asks permission for.
pub fn guard<S>(origins: Arc<Origins>) -> impl tower::Layer<S, Service = door::Guard<S>> + Clone {
    layer_fn(move |inner| door::Guard { inner, origins: origins.clone() })
}

/// Answers each request under its own id, runs notifications, and says what is no request.
pub fn envelopes<S>() -> impl tower::Layer<S, Service = door::Envelopes<S>> + Clone {
    layer_fn(|inner| door::Envelopes { inner })
}

/// Why `request` is refused, if it is: a page's origin, or a name that may point here today and was another's yesterday.
fn stranger(request: &HttpRequest, origins: &Origins) -> Option<String> {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(origin) = text(ORIGIN)
        && !origins.allow(origin)
    {
        return Some(format!("pages of {origin} may not use this node: see devnode --allow-origin"));
    }
    let host = text(http::header::HOST)?;
    let why = || format!("{host} is no name of this machine: use 127.0.0.1, or devnode --allow-origin");
    (!origins.allow_host(host)).then(why)
}

fn refused(why: String) -> HttpResponse {
    let mut response = HttpResponse::new(why.into());
    *response.status_mut() = http::StatusCode::FORBIDDEN;
    response
}

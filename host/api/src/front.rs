//! What every request passes on its way to its resource, and every answer on its way back.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::bodies::Bodies;
use crate::guard::Guard;
use crate::metrics::HttpFigures;
use crate::problem;

/// What is checked and counted before a resource is asked. One middleware for all of it: each costs allocations.
pub(crate) struct Front {
    guard: Guard,
    bodies: Bodies,
    figures: Arc<HttpFigures>,
}

impl Front {
    pub(crate) fn new(guard: Guard, figures: Arc<HttpFigures>) -> Arc<Self> {
        Arc::new(Self { guard, bodies: Bodies::new(Arc::clone(&figures)), figures })
    }
}

/// Lets a request pass to its resource, and puts into words what went wrong.
pub(crate) async fn pass(State(front): State<Arc<Front>>, mut request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if let Err(refusal) = front.guard.check(&uri, request.headers()) {
        let response = problem::write(refusal.into_response(), &method, &uri);
        front.figures.answered(response.status());
        return response;
    }
    // Held until the resource has answered: so long it has in memory what the body has brought.
    let share = front.bodies.share_for(request.body());
    if let Some(share) = &share {
        request.extensions_mut().insert(share.clone());
    }
    let response = problem::write(next.run(request).await, &method, &uri);
    front.figures.answered(response.status());
    response
}

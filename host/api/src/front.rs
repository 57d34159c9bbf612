//! What every request passes on its way to its resource, and every answer on its way back.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::bodies::Bodies;
use crate::guard::Guard;
use crate::problem;

/// What is checked and counted before a resource is asked. One middleware for all of it: each costs allocations.
pub(crate) struct Front {
    guard: Guard,
    bodies: Bodies,
}

impl Front {
    pub(crate) fn new(guard: Guard) -> Arc<Self> {
        Arc::new(Self { guard, bodies: Bodies::new() })
    }
}

/// Lets a request pass to its resource, and puts into words what went wrong.
pub(crate) async fn pass(State(front): State<Arc<Front>>, mut request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if let Err(refusal) = front.guard.check(&uri, request.headers()) {
        return problem::write(refusal.into_response(), &method, &uri);
    }
    // Held until the resource has answered: so long it has in memory what the body has brought.
    let share = front.bodies.share_for(request.body());
    if let Some(share) = &share {
        request.extensions_mut().insert(share.clone());
    }
    problem::write(next.run(request).await, &method, &uri)
}

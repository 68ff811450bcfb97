//! The table of routes: each says what it needs before it has a place in it. One that says nothing does not compile.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use plenum_core::authority::Permission;
use plenum_core::fact::Deed;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, Paths};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::audit::{self, Book};
use crate::auth::Caller;
use crate::openapi;
use crate::peer;
use crate::problem::Problem;
use crate::state::Dashboard;

/// How the document names what an operation needs.
pub(crate) const EXTENSION: &str = "x-plenum-permission";

/// What a route needs of whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: who is not known yet has to log in somewhere.
    Nothing,
    /// Nothing of a program of this host; of one elsewhere this permission, which its handler asks for.
    Elsewhere(Permission),
    /// A session or a token with this permission.
    Permission(Permission),
}

/// An operation and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Right {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) needs: Needs,
    /// What is written down of it; nothing of what shows nothing of anybody's.
    pub(crate) deed: Option<Deed>,
}

/// The router, its document and what each operation needs, from one list: none has what the others lack.
pub(crate) struct Table {
    pub(crate) router: Router<Arc<Dashboard>>,
    pub(crate) document: OpenApi,
    pub(crate) rights: Vec<Right>,
}

/// A table while it is made.
pub(super) struct Routes {
    router: OpenApiRouter<Arc<Dashboard>>,
    rights: Vec<Right>,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self {
            router: OpenApiRouter::with_openapi(openapi::begin()),
            rights: Vec::new(),
        }
    }

    /// A route that anybody may ask.
    pub(super) fn open(mut self, route: UtoipaMethodRouter<Arc<Dashboard>>) -> Self {
        let (schemas, mut paths, methods) = route;
        self.note(&mut paths, Needs::Nothing, None);
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// The same, of which it is written down who asked and what came of it.
    pub(super) fn open_audited(mut self, deed: Deed, route: UtoipaMethodRouter<Arc<Dashboard>>) -> Self {
        let (schemas, mut paths, methods) = route;
        self.note(&mut paths, Needs::Nothing, Some(deed));
        let write = move |request: Request, next: Next| audit::audited(deed, None, request, next);
        let methods = methods.route_layer(middleware::from_fn(write));
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// A route that anybody on this host may ask, and elsewhere whoever has a permission: its handler sees to that.
    pub(super) fn open_here(
        mut self,
        permission: Permission,
        route: UtoipaMethodRouter<Arc<Dashboard>>,
    ) -> Self {
        let (schemas, mut paths, methods) = route;
        self.note(&mut paths, Needs::Elsewhere(permission), None);
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// A route that needs a permission.
    pub(super) fn needs(mut self, permission: Permission, route: UtoipaMethodRouter<Arc<Dashboard>>) -> Self {
        let (schemas, mut paths, methods) = route;
        self.note(&mut paths, Needs::Permission(permission), None);
        let allow = move |request: Request, next: Next| allow(permission, request, next);
        let methods = methods.route_layer(middleware::from_fn(allow));
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// A route that needs a permission, and of which it is written down who asked and what came of it.
    pub(super) fn audited(
        mut self,
        permission: Permission,
        deed: Deed,
        route: UtoipaMethodRouter<Arc<Dashboard>>,
    ) -> Self {
        let (schemas, mut paths, methods) = route;
        self.note(&mut paths, Needs::Permission(permission), Some(deed));
        let write = move |request: Request, next: Next| audit::audited(deed, Some(permission), request, next);
        let methods = methods.route_layer(middleware::from_fn(write));
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    fn note(&mut self, paths: &mut Paths, needs: Needs, deed: Option<Deed>) {
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations(item) {
                if let Needs::Permission(permission) = needs {
                    let extension = ExtensionsBuilder::new().add(EXTENSION, permission.as_str());
                    operation.extensions = Some(extension.build());
                }
                self.rights.push(Right {
                    method,
                    path: path.clone(),
                    needs,
                    deed,
                });
            }
        }
    }

    pub(super) fn table(self) -> Table {
        let (router, mut document) = self.router.split_for_parts();
        openapi::complete(&mut document);
        Table {
            router,
            document,
            rights: self.rights,
        }
    }
}

/// The operations of a path, with their methods.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    let all = [
        ("GET", get),
        ("PUT", put),
        ("POST", post),
        ("DELETE", delete),
        ("PATCH", patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Lets through whoever has the permission. Nobody comes here who is not known: `auth::require` stands before all routes.
async fn allow(permission: Permission, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>() else {
        return Problem::unauthorized().into_response();
    };
    if caller.identity.may(permission) {
        return next.run(request).await;
    }
    let refused = Problem::may_not(&caller.identity, permission).into_response();
    let route = request.extensions().get::<MatchedPath>();
    let from = peer::of(request.extensions()).address;
    if let (Some(book), Some(route)) = (request.extensions().get::<Book>(), route) {
        let by = caller.identity.actor();
        book.not_shown(by, from, route.as_str()).await;
    }
    refused
}

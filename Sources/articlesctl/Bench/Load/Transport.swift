import ArgumentParser

/// How subscribers of a load are connected.
enum Transport: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// Text frames, with the subprotocol `articles.v1`.
    case websocket
    /// Server-sent events.
    case sse
    /// One JSON object on each line of `GET /events`.
    case ndjson
}

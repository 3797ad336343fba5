import Core

/// Why a command is not carried out, in the words of every store.
extension ServiceError {
    static var keyOfAnotherRequest: ServiceError {
        ServiceError(
            .unprocessable, "This Idempotency-Key was used with another request. Use a new key for a new article.")
    }

    static func noArticle(_ id: Int64) -> ServiceError {
        ServiceError(.notFound, "There is no article \(id).")
    }

    static func changedSince(_ id: Int64, _ version: Cursor) -> ServiceError {
        ServiceError(
            .preconditionFailed,
            "Article \(id) has changed since (it is \(version.entityTag) now). Read it again, then repeat.")
    }
}

import HTTPTypes
import Hummingbird
import NIOCore

/// `/openapi.json`: the description of the API.
struct OpenAPIController: Sendable {
    private let description: ByteBuffer

    /// - Parameter basePath: where the described server is.
    init(basePath: BasePath) {
        guard let file = EmbeddedFile.all.first(where: { $0.path == "api/openapi.json" }) else {
            preconditionFailure("the description of the API is not embedded")
        }
        let text = String(decoding: file.bytes, as: UTF8.self)
        description = ByteBuffer(string: text.replacing("\"url\": \"/\"", with: "\"url\": \"\(basePath.link("/"))\""))
    }

    func addRoutes(to router: some RouterMethods<AppRequestContext>) {
        router.resource("/openapi.json", [.get: get])
    }

    @Sendable private func get(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/json", .xContentTypeOptions: "nosniff", .cacheControl: "no-cache"],
            body: .init(byteBuffer: description))
    }
}

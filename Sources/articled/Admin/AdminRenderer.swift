import Core
import HTTPTypes
import Hummingbird
import Mustache

/// Makes the admin site's HTML.
struct AdminRenderer: Sendable {
    private let library: MustacheLibrary
    let assets: AdminAssets
    let basePath: BasePath

    init(templates: MustacheLibrary, assets: AssetLibrary, basePath: BasePath) {
        library = templates
        self.assets = AdminAssets(assets, basePath)
        self.basePath = basePath
    }

    /// - Parameter template: its name, without `admin-`.
    func page(_ template: String, _ content: some Sendable, status: HTTPResponse.Status = .ok) -> Response {
        guard let html = library.render(content, withTemplate: "admin-" + template) else {
            preconditionFailure("the template admin-\(template) is not embedded")
        }
        var response = Response.page(html, status: status)
        // What an administrator saw is not for the next user of the browser.
        response.headers[.cacheControl] = "no-store"
        response.headers[.xFrameOptions] = "DENY"
        response.headers[.crossOriginOpenerPolicy] = "same-origin"
        return response
    }
}

/// Where the admin site's own files are, and what every link of it begins with.
struct AdminAssets: Sendable {
    let base: String
    let favicon: String
    let style: String
    let script: String

    init(_ assets: AssetLibrary, _ basePath: BasePath) {
        base = basePath.text
        favicon = basePath.link(assets[named: "favicon.svg"].path)
        style = basePath.link(assets[named: "admin.css"].path)
        script = basePath.link(assets[named: "admin.js"].path)
    }
}

extension HTTPField.Name {
    static let xFrameOptions = HTTPField.Name("X-Frame-Options")!
    static let crossOriginOpenerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
}

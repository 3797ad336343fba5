import Core
import HTTPTypes
import Hummingbird
import Mustache

/// Makes the admin site's HTML.
struct AdminRenderer: Sendable {
    private let library: MustacheLibrary
    let assets: AdminAssets

    init(templates: MustacheLibrary, assets: AssetLibrary) {
        library = templates
        self.assets = AdminAssets(assets)
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

/// Where the admin site's own files are.
struct AdminAssets: Sendable {
    let favicon: String
    let style: String
    let script: String

    init(_ assets: AssetLibrary) {
        favicon = assets[named: "favicon.svg"].path
        style = assets[named: "admin.css"].path
        script = assets[named: "admin.js"].path
    }
}

extension HTTPField.Name {
    static let xFrameOptions = HTTPField.Name("X-Frame-Options")!
    static let crossOriginOpenerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
}

import RollcallClient
import Testing

@Suite("Errors of the client")
struct ClientErrorTests {
    @Test("the text carries the field and the hint")
    func description() {
        let error = ClientError(.refused, "out of range", field: "port", hint: "use 1 to 65535")
        #expect(error.description == "port: out of range (use 1 to 65535)")
    }

    @Test("a field that the text names already is not named twice")
    func fieldInText() {
        let error = ClientError(.refused, "port must be from 1 to 65535", field: "port")
        #expect(error.description == "port must be from 1 to 65535")
    }

    @Test("errors compare by their code")
    func equality() {
        #expect(ClientError(.notFound, "a") == ClientError(.notFound, "b"))
        #expect(ClientError(.notFound, "a") != ClientError(.refused, "a"))
    }
}

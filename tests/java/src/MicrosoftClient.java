import com.azure.core.credential.TokenCredential;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.microsoft.graph.core.authentication.AzureIdentityAuthenticationProvider;
import com.microsoft.graph.serviceclient.GraphServiceClient;
import java.io.StringReader;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** `com.microsoft.graph:microsoft-graph` and `azure-identity`, unmodified, as programs with a role. */
final class MicrosoftClient {
  private MicrosoftClient() {}

  /** A program with a role: what Microsoft's clients are to read from the environment. */
  static Properties application(Server server, String role, String... flags) throws Exception {
    var words = new ArrayList<>(List.of("app", "add", "Reports", "--kind", "daemon", "--role", role));
    words.addAll(List.of(flags));
    var told = new Properties();
    told.load(new StringReader(server.command(words.toArray(String[]::new))));
    return told;
  }

  static TokenCredential withSecret(Server server, Properties application) {
    return new ClientSecretCredentialBuilder()
        .authorityHost(server.url())
        .disableInstanceDiscovery()
        .tenantId(application.getProperty("AZURE_TENANT_ID"))
        .clientId(application.getProperty("AZURE_CLIENT_ID"))
        .clientSecret(application.getProperty("AZURE_CLIENT_SECRET"))
        .build();
  }

  static GraphServiceClient with(Server server, TokenCredential credential) {
    // Without a host it would send tokens to Microsoft's alone.
    var hosts = new String[] {URI.create(server.url()).getHost()};
    var client = new GraphServiceClient(new AzureIdentityAuthenticationProvider(credential, hosts, server.url() + "/.default"));
    client.getRequestAdapter().setBaseUrl(server.url() + "/v1.0");
    return client;
  }
}

using System.Diagnostics.CodeAnalysis;
using SocketKit.Engine;

namespace SocketKit.Tests.Engine;

public sealed class EngineSelectorTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("", "")]
    [InlineData("   ", null)]
    public void Without_a_name_the_best_engine_is_chosen(string? environment, string? appContext)
    {
        EngineSelector.Selection selection = EngineSelector.Select(environment, appContext);

        selection.UnavailableName.Should().BeNull();
        selection.Engine.Description.Should().Contain("default");
    }

    [Fact]
    public void The_default_is_the_engine_on_epoll_where_there_is_one()
    {
        SocketEngine? made = null;
        EngineSelector.Selection selection = EngineSelector
            .SelectDefault((string description, [NotNullWhen(true)] out SocketEngine? engine) =>
        {
            description.Should().Contain("epoll").And.Contain("default");
            engine = made = SocketEngine.Portable;
            return true;
        });

        selection.Engine.Should().BeSameAs(made);
        selection.IsFallback.Should().BeFalse();
    }

    [Fact]
    public void Without_epoll_the_portable_engine_serves_and_says_why()
    {
        EngineSelector.Selection selection = EngineSelector.SelectDefault(static (string _, [NotNullWhen(true)] out SocketEngine? engine) =>
        {
            engine = null;
            return false;
        });

        selection.Engine.Description.Should().StartWith("portable engine");
        selection.IsFallback.Should().Be(selection.Engine.Description.Contains("epoll", StringComparison.Ordinal));
        selection.UnavailableName.Should().BeNull();
    }

    [Theory]
    [InlineData("portable")]
    [InlineData(" Portable ")]
    [InlineData("PORTABLE")]
    public void The_environment_names_an_engine(string name)
    {
        EngineSelector.Selection selection = EngineSelector.Select(name, null);

        selection.UnavailableName.Should().BeNull();
        selection.Engine.Description.Should().Contain("portable engine").And.Contain("SOCKETKIT_ENGINE");
    }

    [Fact]
    public void AppContext_names_an_engine_where_the_environment_is_silent()
    {
        EngineSelector.Selection selection = EngineSelector.Select(" ", "portable");

        selection.UnavailableName.Should().BeNull();
        selection.Engine.Description.Should().Contain("AppContext SocketKit.Engine");
    }

    [Fact]
    public void The_environment_wins_over_AppContext()
    {
        EngineSelector.Select("portable", "no-such-engine").UnavailableName.Should().BeNull();
        EngineSelector.Select("no-such-engine", "portable").UnavailableName.Should().Be("no-such-engine");
    }

    [Fact]
    public void An_unknown_name_means_the_portable_engine_and_is_remembered()
    {
        EngineSelector.Selection selection = EngineSelector.Select(" warp ", null);

        selection.UnavailableName.Should().Be("warp");
        selection.Engine.Description.Should().Contain("portable engine").And.Contain("'warp'").And.Contain("not available");
    }

    [Fact]
    public void The_public_engines_describe_themselves()
    {
        SocketEngine.Default.Should().BeSameAs(SocketEngine.Default);
        SocketEngine.Portable.Should().BeSameAs(SocketEngine.Portable);
        SocketEngine.Portable.ToString().Should().Be(SocketEngine.Portable.Description).And.Contain("System.Net.Sockets");
    }
}

# Set up Neural Style for GIMP for this user, on Windows. Experimental: see docs/platforms.md.
#
#   powershell -ExecutionPolicy Bypass -File install.ps1 [-From WHEEL-OR-FOLDER] [-Uninstall]
#
# This file finds uv, or fetches it, and starts two commands: uv installs the package, and
# `neural-style setup` does the rest. Without -From the folder of this file is installed.
param([string]$From = $PSScriptRoot, [switch]$Uninstall)
$ErrorActionPreference = 'Stop'

function Fail([string]$Words) {
    [Console]::Error.WriteLine("install.ps1: $Words")
    exit 1
}

function Find-Uv {
    $found = Get-Command uv -ErrorAction SilentlyContinue
    if ($found) { return $found.Source }
    $usual = Join-Path $HOME '.local\bin\uv.exe'
    if (Test-Path -LiteralPath $usual) { return $usual }
    return $null
}

# Python's own launcher is on many machines, and pip brings uv as a package.
function Get-Uv {
    $python = Get-Command py, python -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $python) { return $null }
    $folder = Join-Path $env:LOCALAPPDATA 'neural-style-uv'
    & $python.Source -m pip install --quiet --upgrade --target $folder uv
    $uv = Join-Path $folder 'bin\uv.exe'
    if ($LASTEXITCODE -eq 0 -and (Test-Path -LiteralPath $uv)) { return $uv }
    return $null
}

# The variables of another Python would reach uv's.
foreach ($name in 'PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV', 'CONDA_PREFIX') {
    Remove-Item "Env:$name" -ErrorAction SilentlyContinue
}

$uv = Find-Uv
if (-not $uv) { $uv = Get-Uv }
if (-not $uv) {
    Fail 'uv is needed, and was not found. Get it with: winget install astral-sh.uv. Then run install.ps1 again. Behind a proxy, set HTTPS_PROXY first.'
}

$bin = & $uv tool dir --bin
$command = Join-Path $bin 'neural-style.exe'
if ($Uninstall) {
    if (Test-Path -LiteralPath $command) { & $command setup --uninstall }
    & $uv tool uninstall neural-style-gimp
    exit $LASTEXITCODE
}

# A daemon of the older version has its files open, and Windows does not replace those.
if (Test-Path -LiteralPath $command) { & $command stop }
& $uv tool install --force --python 3.13 --torch-backend auto $From
if ($LASTEXITCODE -ne 0) {
    Fail 'The package could not be installed: see above. Behind a proxy, set HTTPS_PROXY. If a file is in use, close GIMP; a virus scanner may need a minute. Then run install.ps1 again.'
}
& $command setup
exit $LASTEXITCODE

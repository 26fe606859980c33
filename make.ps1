# GPT-2 in twelve weeks, on Windows, where make is rare: the same steps as the Makefile's.
#
#     powershell -ExecutionPolicy Bypass -File make.ps1 lab

param(
    [ValidateSet("help", "lab", "clean")] [string] $Target = "help",
    [string] $Python = "python",
    [string] $Venv = ".venv"
)

Set-Location $PSScriptRoot

if ($Target -eq "help") {
    Write-Output "  make.ps1 lab                       Set the course up and open it in JupyterLab; Ctrl-C ends it"
    Write-Output "  make.ps1 clean                     Remove the set-up; notebooks and points stay"
    Write-Output "  make.ps1 lab -Python C:\path\to\python.exe    Use that Python, which may be 3.11 to 3.14"
    Write-Output ""
    Write-Output "Grading and the project's own tests need Linux: Windows has one in it (wsl --install)."
    exit 0
}

if ($Target -eq "clean") {
    if ((Test-Path "$Venv\.ready") -or (Test-Path "$Venv\.unfinished")) { Remove-Item -Recurse -Force $Venv }
    exit 0
}

# Where it is set, every process compiles PyTorch and Transformers anew.
Remove-Item Env:PYTHONDONTWRITEBYTECODE -ErrorAction SilentlyContinue
& $Python .setup\set_up.py --venv $Venv
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
& "$Venv\Scripts\python.exe" -m jupyterlab --config=utils/lab/config.py
exit $LASTEXITCODE
